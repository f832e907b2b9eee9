"""Pure: what MAIL and RCPT may say (RFC 5321 4.1.2, RFC 1870, RFC 6152, RFC 6531), read strictly.

aiosmtpd reads them with the header parser of the standard library, which raises on some input, drops source routes
without a word, and takes control characters for part of an address.
"""

import re

from core import addresses
from ingest import smtp_replies

# No whitespace but space and tab, and nothing nested: linear, whatever is sent. Printers and scanners put a space
# after the colon, and some of them leave out the angle brackets.
_PATH = re.compile(r"(FROM|TO):[ \t]*(?:<([^<>]*)>|([^ \t<>]+))(?:[ \t]+([^\x00-\x1f]*))?", re.IGNORECASE)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")
_SIZE = re.compile(r"[0-9]{1,20}")


class Refusal(Exception):
    """What the client said cannot be taken; `reply` is what it is told."""

    def __init__(self, reply: str | bytes) -> None:
        super().__init__(reply)
        self.reply = reply if isinstance(reply, bytes) else smtp_replies.one_line(reply)


def sender(argument: str, *, most: int, form: str = "") -> str:
    """The address in `FROM:<…>`, normalised, "" for the null sender; `most` is the size limit in bytes, `form` takes more."""
    path, parameters = _read("FROM", argument)
    address = "" if path == "" else addresses.normal(path)
    if address is None:
        raise Refusal("553 5.1.7 That sender address cannot be used")
    for name, value in parameters.items():
        if name not in _MAIL_PARAMETERS or not _MAIL_PARAMETERS[name].fullmatch(value):
            raise Refusal(f"555 5.5.4 The parameter {name} is not supported")
    if int(parameters.get("SIZE", "0")) > most:
        raise Refusal(smtp_replies.too_large(most, form))
    return address


def recipient(argument: str, ours: frozenset[str]) -> str:
    """The address in `TO:<…>`, normalised, when it is one of ours."""
    path, parameters = _read("TO", argument)
    if parameters:
        raise Refusal("555 5.5.4 Parameters of RCPT are not supported")
    if path.lower() == "postmaster":
        return f"postmaster@{_first_domain(ours)}"
    found = addresses.normal(path)
    if found is None or not (addresses.is_ours(found, ours) or _is_postmaster(found, ours)):
        # Nothing of theirs is repeated: a reply must not carry what a stranger wrote.
        raise Refusal("550 5.1.1 We do not receive mail for that address, please check its spelling")
    return found


_MAIL_PARAMETERS = {
    "SIZE": _SIZE,
    "BODY": re.compile("7BIT|8BITMIME", re.IGNORECASE),
    "SMTPUTF8": re.compile(""),
}


def _read(keyword: str, argument: str) -> tuple[str, dict[str, str]]:
    match = _PATH.fullmatch(argument.rstrip(" \t"))
    if match is None or match[1].upper() != keyword:
        raise Refusal(f"501 5.5.4 Syntax: {'MAIL FROM' if keyword == 'FROM' else 'RCPT TO'}:<address>")
    path = match[2] if match[2] is not None else match[3]
    return path, _parameters(match[4] or "")


def _parameters(text: str) -> dict[str, str]:
    found = [_PARAMETER.fullmatch(word) for word in text.split()]
    if None in found:
        raise Refusal("501 5.5.4 The parameters cannot be read")
    return {match[1].upper(): match[2] or "" for match in found if match}


def _is_postmaster(address: str, ours: frozenset[str]) -> bool:
    """RFC 5321 4.5.1: whoever receives mail for a domain receives it for its postmaster."""
    local, _, domain = address.rpartition("@")
    return local == "postmaster" and any(addresses.domain(one) == domain for one in ours)


def _first_domain(ours: frozenset[str]) -> str:
    return min(addresses.domain(one) for one in ours)
