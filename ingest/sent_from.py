"""The line that phones and mail programs put under what was written: "Sent from my iPhone". Pure, linear."""

import re

from ingest.quote_words import EXCUSES, SENT_FROM, SENT_FROM_ENDS, SENTENCES
from ingest.quoted_head import phrases

# By their first two letters, because nearly no line begins so.
_SENT_FROM: dict[str, tuple[str, ...]] = {}
for _phrase in phrases(SENT_FROM):
    _SENT_FROM[_phrase[:2]] = (*_SENT_FROM.get(_phrase[:2], ()), _phrase)
# What makes "sent by …" the line of a device or program rather than a sentence.
_DEVICE = re.compile(
    r"i-?phon|i-?pad|i-?pod|i-?os\b|android|outlook|samsung|galaxy|huawei|xiaomi|redmi|nokia|lumia|windows|blackberry|htc\b|sony|xperia|\blg\b"
    r"|motorola|oneplus|alcatel|yahoo|gmail|aol\b|proton|thunderbird|airmail|mailbox|spark|newton|mailspring|k-9|mail\b|mobil|phone|smartphone"
    r"|tablet|cell|handy|portable|téléphone|telefon|teléfono|telemóvel|celular|puhelime|телефон|аппарат|устройств|mobiel|device|gerät|dispositivo"
    r"|avast|\bavg\b|droid\b|verizon|t-mobile|vodafone|\b[45]g\b|front|superhuman|hey\b|tutanota|posteo|gmx|web\.de|mail\.ru|яндекс|yandex|почт|em client|spike|手机|手機|mobitel|טלפון|هاتف",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\]\n]{1,80})\]\([^)\n]{1,300}\)")
_ENDS = tuple(end.split()[-1] for end in SENT_FROM_ENDS if end.isascii())
# Outlook's line about itself, which it has in more languages than the tables, ends in its link between brackets.
_OUTLOOK = re.compile(r"[(<\[]https://aka\.ms/\w{1,40}[)>\]]*$")
_FEW_WORDS, _LONGEST = 9, 80
# What is only a preposition begins sentences too ("From my iPhone everything works").
_PREPOSITIONS = ("from my", "von meine", "von unterwegs", "från min", "fra min", "vanaf mijn", "с мобильного")
_FEWER_WORDS = 4
_LEAST_WORDS, _SENTENCE_ENDS, _AROUND_WORDS = 6, (".", "!", "?"), ".,;:!?()"
# How the line begins: "Enviado do meu" has an English verb in it.
_BEGINNING = 3
_POSSESSIVES = frozenset(
    {"my", "mein", "meinem", "meiner", "mon", "ma", "mi", "mio", "mia", "dal", "meu", "minha", "mijn", "min", "mitt", "mojego", "mého", "môjho",
     "моего", "мого", "моя", "μου", "benim"}
)  # fmt: skip
# Lines that are whole sentences: what follows in them is their writer's own, unless it goes on to excuse or names a program.
_WHOLE = ("sent while", "please excuse", "pardon my", "apologies for", "excuse my", "virus-free.", "virenfrei.", "garanti sans virus.", "sans virus.",
          "libre de virus.", "privo di virus.", "mail priva di virus.", "livre de vírus.", "não contém vírus.", "virusvrij.", "без вирусов.")  # fmt: skip
_ADDED_WORDS = 3
_GOES_ON = frozenset(word for words in SENTENCES.values() for word in words)


def may_be(small: str, last: str) -> bool:
    """A quick look at a line of plain ASCII: nearly none begins or ends (`last` is its last word) like one."""
    return small.startswith(_SENT_FROM.get(small[:2], "\0")) or last.rstrip(".!)]").endswith(_ENDS)


def is_line(folded: str) -> bool:
    """Whether the line, in small letters, is one that a phone or program puts under what was written."""
    if "outlook" in folded and len(folded.split()) <= _FEW_WORDS and _OUTLOOK.search(folded):
        return True
    shown = _LINK.sub(r"\1", folded) if "](" in folded else folded
    begin = shown.lstrip("[(<*_ ")
    begins = begin.startswith(_SENT_FROM.get(begin[:2], ("\0",)))
    ends = (
        len(shown) < _LONGEST
        and shown.rstrip(" .!)]>*_。").endswith(SENT_FROM_ENDS)
        and len(shown.split()) <= _LEAST_WORDS
    )
    if not (begins or ends):
        return False  # as nearly all are, and the pattern of devices is slow
    if begins and begin.startswith(_WHOLE) and _says_more(begin):
        return False
    if "," in begin and len(begin.split()) >= _FEW_WORDS and not is_of_device(begin.partition(",")[0]):
        return False  # "Sent from my desk, which is much easier than my phone."
    if begins and (not begin.startswith(_PREPOSITIONS) or len(begin.split()) <= _FEWER_WORDS):
        # "Sent by DHL on 2 March": behind a device or program a figure is its version, and the last word.
        dated = any(word.rstrip(".,").isdecimal() for word in begin.split()[:-1])
        return not _is_sentence(begin) and (not dated or is_of_device(begin))
    return ends


def _says_more(folded: str) -> bool:
    """Whether somebody goes on behind a line that is a whole sentence ("Please excuse my brevity, order 4711 is wrong")."""
    rest = folded[max(len(phrase) for phrase in _SENT_FROM[folded[:2]] if folded.startswith(phrase)) :]
    words = [word.strip(_AROUND_WORDS) for word in rest.split()]
    is_more = len(words) >= _ADDED_WORDS or any(map(str.isdecimal, words))
    return is_more and not is_of_device(rest) and not any(word.startswith(EXCUSES) for word in words)


def _is_sentence(folded: str) -> bool:
    """Whether somebody goes on so ("Sent from my iPhone the mails never arrive."), and not to excuse the brevity of it."""
    if not folded.rstrip().endswith(_SENTENCE_ENDS):
        return False
    words = [word.strip(_AROUND_WORDS) for word in folded.split()]
    if _POSSESSIVES.isdisjoint(words[:_FEWER_WORDS]) and not is_of_device(folded):
        return not folded.startswith(_WHOLE)  # "Sent by mistake, sorry."
    return (
        len(words) >= _LEAST_WORDS
        and not _GOES_ON.isdisjoint(words[_BEGINNING:])
        and not any(word.startswith(EXCUSES) for word in words)
    )


def is_of_device(line: str) -> bool:
    """Whether a "sent by …" names the device or program, which a sentence of the writer hardly does."""
    return _DEVICE.search(line[:200]) is not None
