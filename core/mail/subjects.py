"""Subjects of mails without what programs put before them: "Re: ", "WG: ", "Re[2]: ", in any language. Pure, linear."""

import re
from functools import cache

# What programs put before the subject of a mail they hand on. Case does not count; `Redir.` is Romanian Outlook.
FORWARD_PREFIXES = (
    "fw", "fwd", "fwd.msg",  # en and, in some programs, everywhere
    "wg", "weitergeleitet",  # de
    "tr", "tran", "fs",  # fr, is
    "rv", "reenv", "reenviado",  # es
    "i", "inoltr", "inoltra", "inoltro",  # it
    "enc", "res enc",  # pt
    "doorst", "dgs",  # nl
    "vb", "vidarebefordrar", "vidarebefordrad", "vidarebefordrat",  # sv
    "videresendt", "videresend",  # da, no; their VS: is no proof, in Finnish it answers
    "vl", "välitetty",  # fi
    "pd", "przek", "przesłane dalej",  # pl
    "tov", "továbbítás",  # hu
    "redir", "redir.",  # ro
    "prosl", "prosl.", "proslijeđeno",  # hr
    "pos", "posr",  # sl
    "persiųsta", "persiuntimas", "pārs", "pārsūtīts", "edasi", "edastatud",  # lt, lv, et
    "přep", "přeposláno", "preposlané",  # cs, sk
    "препр", "препратено", "yml", "áframsent",  # bg, cy, is
    "пер", "пересл", "переслано", "пересылка", "hа", "нa",  # ru
    "πρθ",  # el
    "ilt", "i̇lt", "ynt ilt", "ilet", "i̇let",  # tr
    "trs", "ter", "terusan",  # id
    "chuyển tiếp",  # vi
    "ส่งต่อ",  # th
    "转发", "轉寄", "轉發", "转寄", "轉送",  # zh
    "転送",  # ja
    "전달",  # ko
    "הועבר",  # he
    "إعادة توجيه",  # ar
)  # fmt: skip

# What programs put before the subject of an answer.
REPLY_PREFIXES = (
    "re", "rép", "aw", "antw", "antwort", "sv", "vs", "vá", "rif", "r", "rv", "res", "ref", "odp", "ynt", "yanıt", "atb", "atsakymas", "bls", "balas", "vast",
    "отв", "ответ", "відп", "на", "σχετ", "απ", "回复", "答复", "回覆", "返信", "回信", "답장", "답변", "회신", "השב", "תגובה", "رد",
    "ang", "réf", "پاسخ", "ตอบ", "תשובה", "svar", "svr", "απαντ", "trả lời", "ตอบกลับ", "jwb", "ats", "atsak", "răsp", "rasp",
)  # fmt: skip


def _either(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# How much of a subject, in characters.
LOOKED_AT = 300
_COUNTER = r"\.?\s*(?:\[\d+\]|\(\d+\)|\^\d+|-\d{1,2})?\s*[:：]\s*"
# Patterns of one prefix each, and of the name of a list or shop.
ANSWER = f"(?:{_either(REPLY_PREFIXES)}){_COUNTER}"
HANDED_ON = f"(?:{_either(FORWARD_PREFIXES)}){_COUNTER}"
TAG = r"\[[^\]\n]{1,60}\]\s*"
# [Fwd: Printer], as Netscape and old Thunderbird have it.
_IN_BRACKETS = re.compile(rf"^((?:{ANSWER})*)\[({HANDED_ON}.*)\]$", re.IGNORECASE)
_PREFIXES_AND_TAGS = re.compile(rf"^\s*(?:{ANSWER}|{HANDED_ON}|{TAG})*+", re.IGNORECASE)


def without_prefixes(subject: str) -> str:
    """The subject without what programs put before it: "Re: [Shop] Fwd: Printer" is "Printer"."""
    return _without(_PREFIXES_AND_TAGS, subject)


def matter(subject: str) -> str:
    """What two subjects of one matter have in common, to be compared. "[Order 7]" belongs to it: people write it too."""
    return _without(_prefixes(), subject).casefold()


@cache
def _prefixes() -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:{ANSWER}|{HANDED_ON})*+", re.IGNORECASE)


def _without(prefixes: re.Pattern[str], subject: str) -> str:
    if subject.endswith("]") and len(subject) <= LOOKED_AT:
        subject = _IN_BRACKETS.sub(r"\1\2", subject)
    begin = prefixes.match(subject[:LOOKED_AT])
    return " ".join(subject[begin.end() if begin else 0 :].split())
