"""What mail servers say in their own words about a mail that they could not deliver. Pure tables.

Only asked when everything else says that a mail server is speaking (see `automatic.is_bounce`): the same words stand
in the mails of customers who ask what they mean.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.addresses import normal
from ingest import mailboxes, mime
from ingest.charsets import decode
from ingest.html_text import to_text
from ingest.mime import Part

_TEXT_OCTETS = 16 * 1024
_LINES = 200
_LINE_LENGTH = 500
_RECIPIENTS = 100

_RETURNED = re.compile(
    r"(?:could|can|was|were|is|has|have)(?: ?n[o']t| not)(?: yet)?(?: be| been)? (?:able to )?deliver|undeliver(?:ed|able)"
    r"|deliver[ye]?[^\n]{0,80}(?:failed|failure|delayed)|(?:failed|unable) to deliver|error (?:delivering|sending) your|error occurred while trying to deliver|trouble delivering"
    r"|rejected (?:the )?recipient|recipient(?: address)? rejected|(?:user|mailbox|address) (?:unknown|unavailable|not found)|no such user"
    r"|mail has been returned|wasn't able to deliver|returned to (?:the )?sender|permanent (?:fatal )?error|unzustellbar"
    r"|did not reach|not (?:been )?delivered|address(?:es)? failed|mailbox (?:is )?(?:full|unavailable|disabled)|(?:over|exceeded) (?:its |their )?quota"
    r"|quota exceeded|unrouteable|unknown (?:user|recipient)|email you sent was rejected"
    r"|nicht (?:an \S{1,80} )?zugestellt|pas pu être (?:remis|distribu|délivr|livr)|non (?:remis|distribu)|no (?:se )?(?:pudo|puede|ha|ha podido|pudo ser) (?:ser )?entrega"
    r"|non (?:è stato possibile|è stato|può essere|ha potuto) (?:consegna|recapita)|não (?:pôde|foi possível|foi) (?:ser )?entreg"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)|nie (?:mogła|można|została)(?: było)? (?:zostać |być )?(?:dostarcz|doręcz)|kunde inte levereras|kunne ikke leveres"
    r"|не (?:удалось|может быть|было) доставлен|не удалось доставить|(?:送信|配信|配達)できません|(?:无|無)法(?:投(?:递|遞)|送(?:达|達)|传递|傳遞)"
    r"|배달(?:하|되)지 못|전달(?:하|되)지 못|전송(?:하|되)지 못|n'est pas parvenu|(?:送信|配信|配達)できませんでした|не доставлен|nepodařilo doručit"
    r"|impossible de (?:remettre|distribuer|livrer)|(?:nešlo|nelze|nebylo možné) doručit|gick inte att leverera|kan inte levereras"
    r"|(?:ei voi(?:da|tu)|ei pysty(?:tä|tty)) toimittaa|לא ניתן (?:היה )?למסור|не вдалося доставити|(?:배달|전송|전달)할 수 없"
    r"|nepodarilo doručiť|nu a (?:putut fi|fost) livrat|n'a pas été (?:remis|distribu|délivr|livr)|nem (?:sikerült|lehetett) kézbesíteni",
    re.IGNORECASE,
)
# Where the mail that comes back begins: the addresses below are those of other people. What a line begins with is taken
# once and for all (*+), and looked back at: a line of dashes would otherwise be tried from each of them.
_ORIGINAL = re.compile(
    r"^[\s>*=-]*+(?:received:|return-path:|message-id:|(?:(?<=-)|(?<=- ))(?:original message|returned mail|below this line"
    r"|this is a copy|unsent message|body of message|message header|returned message)|message headers? follow"
    r"|the (?:original|attached) message(?! (?:was received|ha[ds] |could |did ))|included is a copy|original message (?:header|follow)|your original message"
    r"|(?:(?<=-\s\s)|(?<=-\s\s\s))returned mail)",
    re.IGNORECASE,
)
# Of ASCII before the @, because Japanese and Chinese put their words right before it.
_ADDRESS = r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[\w.-]{1,253}"
# An address that has the line to itself, or stands first in it, or behind the name of a mailbox (GroupWise: `ann (ann@…)`, Exchange),
# or is the one that was written to (Exim, of an alias whose address it does not tell: `(generated from ann@…)`).
_ALONE = re.compile(
    rf"^[\s*•>|.-]*(?:\(generated from |(?:[^\s@:()]{{1,64}} ){{1,5}}(?:\(mailto:[^\s()]{{1,300}}\) )?(?=\())?[<\"'(]?({_ADDRESS})[>\"')]*\s*(?:$|[:.,;(<\s-])"
)
_ANY_ADDRESS = re.compile(rf"(?<!from )(?<!from)(?<![!#-'*+\-./0-9=?A-Z^-~]){_ADDRESS}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
# The fields of a report (RFC 3464 2.3.2) in the midst of its words (Amazon WorkMail).
_FINAL = re.compile(
    rf"(?:final|original)-recipient\s{{0,5}}:\s{{0,5}}rfc822\s{{0,5}};\s{{0,5}}<?({_ADDRESS})", re.IGNORECASE
)
_SERVERS = ("postmaster@", "mailer-daemon@")
# An address behind words that say whose it is.
_NAMED = re.compile(
    r"(?:收件人|收信人|宛先|送信先|받는 ?사람|수신자|\b(?:получател\w*|адресат\w*|odbiorc\w*|mottagare|modtager|vastaanottaja|alıcı"
    r"|recipients?|rcpt to|to|for|address(?:es)?|user ?(?:id)?|mailbox|smtp|delivered|delivering|rejected|unknown|destinat\w+|empf[äa]nger)\b)"
    rf"[^@\n]{{0,60}}?(?<!from)(?<!from )[<\s:：\"'(=]({_ADDRESS})",
    re.IGNORECASE,
)


# "Your message / To: … / Subject: … / did not reach the following recipient(s)": whom it went to, and not who failed.
_YOUR_MESSAGE = frozenset(
    {"your message", "ihre nachricht", "votre message", "su mensaje", "il messaggio", "uw bericht"}
)
# AOL names its own by their screen names, each on a line below this one.
_NAMES_FOLLOW = re.compile(r"\bfollowing (?:recipient|address|user)s?\b.*:$", re.IGNORECASE)
_SCREEN_NAME = re.compile(r"\s+([\w.-]{2,64})")


def says_returned(root: Part) -> bool:
    """Whether the text says that a mail was not delivered."""
    return any(_RETURNED.search(line) for line in own_lines(root))


def shows_original(root: Part) -> bool:
    """Whether the text goes on with the mail that comes back."""
    return _words(root).returns


def recipients(root: Part) -> tuple[str, ...]:
    """The addresses that the text names as not reached."""
    if said := _in_fields(root):
        return said
    ours = {address.lower() for name in ("to", "from", "cc") for _, address in mailboxes.addresses(root.headers, name)}
    found: dict[str, None] = {}
    for line in own_lines(root):
        if "@" not in line:
            continue
        for match in filter(None, (_ALONE.match(line), _NAMED.search(line))):
            address = normal(match[1].strip(".'<>"))
            if address and address not in ours and not address.startswith(_SERVERS):
                found[address] = None
        if len(found) >= _RECIPIENTS:
            break
    return tuple(found) or _screen_names(root) or _in_sentences(root, ours) or _only_recipient(root, ours)


def _in_fields(root: Part) -> tuple[str, ...]:
    matches = map(_FINAL.match, own_lines(root))
    found = (normal(match[1]) for match in matches if match)
    return tuple(dict.fromkeys(address for address in found if address))[:_RECIPIENTS]


def _in_sentences(root: Part, ours: set[str]) -> tuple[str, ...]:
    """The same in the midst of the sentence that says so, in whatever language (Gmail)."""
    # What the next sentence names is where to ask.
    sentences = (said for line in own_lines(root) if "@" in line for said in _SENTENCE_END.split(line))
    found = (
        normal(address.strip(".'"))
        for said in sentences
        if _RETURNED.search(said)
        for address in _ANY_ADDRESS.findall(said)
    )
    told = (address for address in found if address and address not in ours and not address.startswith(_SERVERS))
    return tuple(dict.fromkeys(told))[:_RECIPIENTS]


def _only_recipient(root: Part, ours: set[str]) -> tuple[str, ...]:
    """To whom the mail went that is shown ("Your message / To: … / was not delivered"), where it was one."""
    lines = [line.strip() for line in _words(root).shown]
    said = [line for line in lines if line[:3].lower() == "to:"]
    found = {normal(address) for line in said for address in _ANY_ADDRESS.findall(line)} - {None, *ours}
    return tuple(address for address in found if address) if len(found) == 1 else ()


def _screen_names(root: Part) -> tuple[str, ...]:
    """The same where they stand without a domain: it is the one that reports."""
    domain = next(iter(mailboxes.addresses(root.headers, "from")), ("", ""))[1].rpartition("@")[2]
    found: dict[str, None] = {}
    named = False
    for line in own_lines(root) if domain else ():
        name = _SCREEN_NAME.fullmatch(line) if named else None
        if name and (address := normal(f"{name[1]}@{domain}")):
            found[address] = None
        named = _NAMES_FOLLOW.search(line) is not None or (named and (name is not None or not line.strip()))
    return tuple(found)[:_RECIPIENTS]


def own_lines(root: Part) -> Sequence[str]:
    """The lines that the mail server wrote itself, without the mail it returns."""
    return _words(root).own


class _Words(NamedTuple):
    """The lines of the mail server, the fields of the mail that it shows among them, and whether the mail follows."""

    own: Sequence[str] = ()
    shown: Sequence[str] = ()
    returns: bool = False


def _words(root: Part) -> _Words:
    texts = [part for part in mime.walk(root) if part.content_type.startswith("text/") and not part.children]
    if not texts:
        return _Words()
    part = next((part for part in texts if part.content_type == "text/plain"), texts[0])
    words = decode(mime.content(part, _TEXT_OCTETS), part.parameters.get("charset", ""))
    return _read(words, is_html=part.content_type == "text/html")


# Whoever reads a report asks for them up to four times.
@lru_cache(maxsize=2)
def _read(words: str, *, is_html: bool) -> _Words:
    own: list[str] = []
    fields: list[str] = []
    if is_html:
        words = to_text(words)
    shown = False  # a few fields of the mail, by which its sender is to know it (PMDF, iPlanet, Oracle; Exchange 5.5)
    for line in words.split("\n", _LINES)[:_LINES]:
        line = line[:_LINE_LENGTH].rstrip()
        if not shown and _ORIGINAL.match(line):
            return _Words(tuple(own), tuple(fields), returns=True)
        begins = line.endswith("header fields:") or line.strip().lower() in _YOUR_MESSAGE
        shown = begins or (shown and (not line or line[:1] in " \t"))
        (fields if shown else own).append(line)
    return _Words(tuple(own), tuple(fields))
