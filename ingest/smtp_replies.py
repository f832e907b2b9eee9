"""Every sentence the SMTP door says, and the table from what the desk did to what the sender learns."""

import re
from functools import cache

from core.messages import Receipt
from core.vocabulary import Outcome

OK = b"250 2.0.0 OK\r\n"
SENDER_OK = b"250 2.1.0 OK\r\n"
RECIPIENT_OK = b"250 2.1.5 OK\r\n"
START_DATA = b"354 End data with <CR><LF>.<CR><LF>\r\n"
BYE = b"221 2.0.0 Bye\r\n"
HELP = b"214 2.0.0 This is a support desk: a mail to it becomes a ticket. Commands are those of RFC 5321\r\n"
START_TLS = b"220 2.0.0 Ready to start TLS\r\n"
CANNOT_EXPAND = b"502 5.5.1 There are no lists here\r\n"
CANNOT_VERIFY = b"252 2.1.5 Addresses are not verified here, send the mail and see\r\n"

GREET_FIRST = b"503 5.5.1 Please introduce yourself first\r\n"
MAIL_FIRST = b"503 5.5.1 Please send MAIL first\r\n"
RECIPIENT_FIRST = b"503 5.5.1 Please send RCPT first\r\n"
NESTED_MAIL = b"503 5.5.1 There is a mail under way already\r\n"
ALREADY_TLS = b"503 5.5.1 TLS is on already\r\n"
TLS_FIRST = b"530 5.7.0 Please send STARTTLS first\r\n"
NO_TLS = b"502 5.5.1 There is no TLS here\r\n"
NO_ARGUMENT = b"501 5.5.4 This command takes no argument\r\n"
NAME_YOURSELF = b"501 5.5.4 Please say who you are: EHLO your.name\r\n"
UNKNOWN = b"500 5.5.2 That is no command of this server\r\n"
NOT_TEXT = b"500 5.5.2 A command must be ASCII or UTF-8\r\n"
BARE_NEWLINE = b"500 5.5.2 A command must end with CRLF\r\n"
LONG_COMMAND = b"500 5.5.2 That command is too long\r\n"
TOO_MANY_RECIPIENTS = b"452 4.5.3 Too many recipients, please send the rest in another mail\r\n"
NO_ROOM = b"452 4.3.1 There is no room for mail just now, please try again later\r\n"
BARE_NEWLINE_IN_MAIL = b"550 5.6.0 The message has bare CR or LF characters, please send it with CRLF line ends\r\n"

FAULT = b"451 4.3.0 Temporary fault, please try again later\r\n"
UNAVAILABLE = b"451 4.3.0 The desk cannot take mail just now, please try again later\r\n"

BROKEN = b"421 4.3.0 Temporary fault, please try again later\r\n"
BUSY = b"421 4.7.0 Too many connections, please try again later\r\n"
MAKE_ROOM = b"421 4.3.2 The line is needed for others, please try again later\r\n"
CLOSING = b"421 4.3.2 The service is closing, please try again later\r\n"
TOO_SLOW = b"421 4.4.2 That took too long, please try again\r\n"
TOO_MANY_ERRORS = b"421 4.7.0 Too many errors\r\n"
TOO_MANY_COMMANDS = b"421 4.7.0 Too many commands\r\n"
TOO_MANY_MESSAGES = b"421 4.7.0 That is enough for one connection, please connect again\r\n"
NOT_MAIL = b"421 4.7.0 This is a mail server\r\n"

_ANSWERS = {
    Outcome.OPENED: "250 2.0.0 Ticket {number} opened",
    Outcome.COMMENTED: "250 2.0.0 Ticket {number} commented",
    Outcome.DUPLICATE: "250 2.0.0 Ticket {number} duplicate",
    Outcome.IGNORED: "250 2.0.0 Accepted",
    Outcome.QUARANTINED: "250 2.0.0 Accepted",
    Outcome.REFUSED: "550 5.7.1 {reason}",
    Outcome.DEFERRED: "451 4.7.1 {reason}",
}
_REASONS = {
    Outcome.REFUSED: "Your message cannot be taken here",
    Outcome.DEFERRED: "Your message cannot be taken now, please try again later",
}
_UNSAFE = re.compile("[^\x20-\x7e]+")
# RFC 5321 4.5.3.1.5: 512 octets with the line end.
_LINE_LENGTH = 510


def for_receipt(receipt: Receipt) -> bytes:
    if receipt.outcome is Outcome.DUPLICATE and receipt.ticket_number is None:
        return b"250 2.0.0 Duplicate\r\n"
    reason = receipt.reason or _REASONS.get(receipt.outcome, "")
    return one_line(_ANSWERS[receipt.outcome].format(number=receipt.ticket_number, reason=reason))


def too_large(most: int, form: str = "") -> bytes:
    """Whoever sent it reads this in a bounce, and shall know where else to turn to."""
    elsewhere = f"; use the form: {form}" if form else ""
    return one_line(
        f"552 5.3.4 The message is too large: at most {most // (1024 * 1024)} MB can be sent here{elsewhere}"
    )


def one_line(text: str) -> bytes:
    """`text` as one reply line, whatever is in it: a line break would forge a second reply (and 8-bit kills clients)."""
    return _UNSAFE.sub(" ", text)[:_LINE_LENGTH].rstrip().encode("ascii") + b"\r\n"


@cache
def greeting(hostname: str, *, lmtp: bool = False) -> bytes:
    return one_line(f"220 {hostname} {'LMTP' if lmtp else 'ESMTP'} Deskbell")


@cache
def hello(hostname: str) -> bytes:
    return one_line(f"250 {hostname}")


@cache
def extended_hello(hostname: str, *, most: int, offer_tls: bool) -> bytes:
    offers = ("PIPELINING", f"SIZE {most}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "HELP")
    lines = (hostname, *(("STARTTLS",) if offer_tls else ()), *offers)
    return b"".join(one_line(f"250-{line}") for line in lines[:-1]) + one_line(f"250 {lines[-1]}")
