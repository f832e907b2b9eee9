"""Pure: the conversation of one connection, `(what was said before, next line) → reply`. No I/O, no clock.

SMTP, and LMTP (RFC 2033) for a mail server that hands over what it has taken already: it is greeted by LHLO, and told
for each recipient what became of the mail.

The code of a reply says what comes next, to the client and to us: 354 the message, 220 the TLS handshake, 221 and 421
the end. `Talk` changes only here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core import text
from ingest import smtp_grammar, smtp_replies
from ingest.smtp_grammar import Refusal
from ingest.smtp_limits import Limits

# RFC 5321 4.5.3.1.4 demands 512; long internationalised addresses and parameters need more.
COMMAND_LENGTH = 1024
BEFORE_TLS = frozenset({"EHLO", "HELO", "LHLO", "STARTTLS", "NOOP", "RSET", "QUIT"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a connection before anything is said."""

    hostname: str
    ours: frozenset[str]
    limits: Limits
    trusted: bool = False
    offer_tls: bool = False
    require_tls: bool = False
    lmtp: bool = False


def for_trusted(terms: Terms) -> Terms:
    """A front MTA pours everybody's mail through few connections: it is held up by the timers and the size alone."""
    return replace(terms, limits=replace(terms.limits, messages=200 * terms.limits.messages), trusted=True)


@dataclass(slots=True)
class Talk:
    """What has been said so far. `sender` is None before MAIL, and "" for the null sender.

    `accepted` counts the RCPT that were agreed to, also for a recipient who was named before. `commands` counts since the
    last mail, `errors` and `messages` since the beginning.
    """

    terms: Terms
    secure: bool = False
    helo: str = ""
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    accepted: int = 0
    commands: int = 0
    errors: int = 0
    messages: int = 0
    # Whether the disk could take one more mail.
    has_room: bool = True


def answer(talk: Talk, line: bytes) -> bytes:
    """The reply to one command line, as it came, with its line end."""
    talk.commands += 1
    if talk.commands > talk.terms.limits.commands:
        return smtp_replies.TOO_MANY_COMMANDS
    try:
        verb, argument = _command(line)
        if talk.terms.require_tls and not talk.secure and verb not in BEFORE_TLS:
            return _mistake(talk, smtp_replies.TLS_FIRST)
        known = _LMTP_COMMANDS if talk.terms.lmtp else _COMMANDS
        return known.get(verb, _unknown)(talk, argument)
    except Refusal as refusal:
        return _mistake(talk, refusal.reply)


def answers(talk: Talk) -> int:
    """How many times the client waits to hear what became of its mail (RFC 2033 4.2)."""
    return talk.accepted if talk.terms.lmtp else 1


def forget_mail(talk: Talk) -> None:
    talk.sender = None
    talk.recipients = []
    talk.accepted = 0


def mail_done(talk: Talk) -> None:
    forget_mail(talk)
    talk.commands = 0


def forget_everything(talk: Talk) -> None:
    """What was said before TLS may have been said by somebody else (RFC 3207 4.2); only the counters stay."""
    forget_mail(talk)
    talk.helo = ""
    talk.secure = True


def _command(line: bytes) -> tuple[str, str]:
    if not line.endswith(b"\r\n"):
        # A bare LF between commands is how a smuggled envelope begins.
        raise Refusal(smtp_replies.BARE_NEWLINE)
    if len(line) > COMMAND_LENGTH:
        raise Refusal(smtp_replies.LONG_COMMAND)
    try:
        verb, _, argument = line[:-2].decode().partition(" ")
    except UnicodeDecodeError:
        raise Refusal(smtp_replies.NOT_TEXT) from None
    return verb.upper(), argument.strip(" ")


def _mistake(talk: Talk, reply: bytes) -> bytes:
    talk.errors += 1
    return smtp_replies.TOO_MANY_ERRORS if talk.errors >= talk.terms.limits.errors else reply


def _ehlo(talk: Talk, argument: str) -> bytes:
    _introduce(talk, argument)
    terms = talk.terms
    offer_tls = terms.offer_tls and not talk.secure
    return smtp_replies.extended_hello(terms.hostname, most=terms.limits.message_size, offer_tls=offer_tls)


def _helo(talk: Talk, argument: str) -> bytes:
    _introduce(talk, argument)
    return smtp_replies.hello(talk.terms.hostname)


def _introduce(talk: Talk, name: str) -> None:
    if not name:
        raise Refusal(smtp_replies.NAME_YOURSELF)
    forget_mail(talk)
    # Shown to agents and written to logs, so without what moves a cursor.
    talk.helo = text.clean_line(name) or "?"


def _starttls(talk: Talk, argument: str) -> bytes:
    if argument:
        raise Refusal(smtp_replies.NO_ARGUMENT)
    if not talk.terms.offer_tls:
        raise Refusal(smtp_replies.NO_TLS)
    if talk.secure:
        # aiosmtpd would begin a second handshake inside the first.
        raise Refusal(smtp_replies.ALREADY_TLS)
    return smtp_replies.START_TLS


def _mail(talk: Talk, argument: str) -> bytes:
    if not talk.helo:
        raise Refusal(smtp_replies.GREET_FIRST)
    if talk.sender is not None:
        raise Refusal(smtp_replies.NESTED_MAIL)
    if talk.messages >= talk.terms.limits.messages:
        return smtp_replies.TOO_MANY_MESSAGES
    if not talk.has_room:
        return smtp_replies.NO_ROOM
    limits = talk.terms.limits
    talk.sender = smtp_grammar.sender(argument, most=limits.message_size, form=limits.form)
    return smtp_replies.SENDER_OK


def _rcpt(talk: Talk, argument: str) -> bytes:
    if talk.sender is None:
        raise Refusal(smtp_replies.MAIL_FIRST)
    if talk.accepted >= talk.terms.limits.recipients:
        return smtp_replies.TOO_MANY_RECIPIENTS
    try:
        address = smtp_grammar.recipient(argument, talk.terms.ours)
    except Refusal as refusal:
        if not talk.terms.trusted:
            raise
        # A front MTA passes on what strangers ask for: their misses are not its mistakes.
        return refusal.reply
    if address not in talk.recipients:
        talk.recipients.append(address)
    talk.accepted += 1
    return smtp_replies.RECIPIENT_OK


def _data(talk: Talk, argument: str) -> bytes:
    if argument:
        raise Refusal(smtp_replies.NO_ARGUMENT)
    if not talk.recipients:
        raise Refusal(smtp_replies.RECIPIENT_FIRST)
    talk.messages += 1
    return smtp_replies.START_DATA


def _rset(talk: Talk, argument: str) -> bytes:
    forget_mail(talk)
    return smtp_replies.OK


def _unknown(talk: Talk, argument: str) -> bytes:
    raise Refusal(smtp_replies.UNKNOWN)


def _always(reply: bytes) -> "Command":
    return lambda talk, argument: reply


Command = Callable[[Talk, str], bytes]
# No AUTH: nobody signs in here, whatever aiosmtpd could do.
_COMMANDS: dict[str, Command] = {
    "EHLO": _ehlo,
    "HELO": _helo,
    "STARTTLS": _starttls,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _data,
    "RSET": _rset,
    "NOOP": _always(smtp_replies.OK),
    "QUIT": _always(smtp_replies.BYE),
    "HELP": _always(smtp_replies.HELP),
    # Both would say who exists.
    "VRFY": _always(smtp_replies.CANNOT_VERIFY),
    "EXPN": _always(smtp_replies.CANNOT_EXPAND),
    # Browsers and web servers that were tricked into talking to us (Postfix: smtpd_forbidden_commands).
    "GET": _always(smtp_replies.NOT_MAIL),
    "POST": _always(smtp_replies.NOT_MAIL),
    "PUT": _always(smtp_replies.NOT_MAIL),
    "CONNECT": _always(smtp_replies.NOT_MAIL),
}
# RFC 2033 4.1: a client that says EHLO here believes this to be a relay, and must not go on.
_LMTP_COMMANDS = {
    "LHLO": _ehlo,
    **{verb: command for verb, command in _COMMANDS.items() if verb not in ("EHLO", "HELO")},
}
