"""Who wrote a mail that somebody else's program sent: contact forms, and lists that put themselves into From. Pure.

A form of another company sends from an address of its own and names the visitor in Reply-To; which of them may do so
is the operator's to say (`mail.forms`), because Reply-To is anybody's to write. Lists that rewrite From because of
DMARC say so in the name ("Ann via Support"), and keep the writer in X-Original-From, X-Original-Sender or Reply-To
(Google Groups, Mailman with from_is_list).
"""

import re
from collections.abc import Collection

from core import addresses
from core.addresses import normal
from ingest import mailboxes
from ingest.headers import Headers

_VIA = re.compile(r"^(.{0,120}?)[\"']?\s+via\s+\S", re.IGNORECASE)
# How a list shows itself; Mailman may be told to leave List-Id out.
_OF_LISTS = frozenset({"list-id", "mailing-list", "list-post", "x-mailman-version"})
_BY_THE_LIST = ("x-original-from", "x-original-sender", "reply-to")


def real_writer(fields: Headers, name: str, sender: str, forms: Collection[str], hint: str = "") -> tuple[str, str]:
    """(name, address) of the writer; the ones given where nothing says otherwise."""
    if addresses.is_listed(sender, forms):
        return _first(fields, ("reply-to",), sender, hint) or (name, sender)
    if not _OF_LISTS.isdisjoint(fields) and (rewritten := _VIA.match(name)):
        shown, address = _first(fields, _BY_THE_LIST, sender, hint) or ("", "")
        return (shown or rewritten[1].strip("'\" "), address) if address else (name, sender)
    return name, sender


def _first(fields: Headers, names: tuple[str, ...], sender: str, hint: str) -> tuple[str, str] | None:
    """The first usable address there that is not the sender's, nor in the sender's list."""
    for field in names:
        for name, said in mailboxes.addresses(fields, field, hint)[:5]:
            found = normal(said)
            if found and found != sender:
                return name, found
    return None
