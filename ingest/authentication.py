"""Whether our own front server vouches for the From of a mail: pure.

Only the top-most Authentication-Results is believed, only when it names the authserv-id that is configured, and only
from a trusted relay: whatever stands below, or comes from elsewhere, anybody may have written (RFC 8601, 5 and 7.1).
What counts is DMARC (RFC 7489): it alone speaks about the From that people see.
"""

import re

from core import addresses
from ingest import headers
from ingest.envelope import Envelope
from ingest.headers import Headers

# A comment or a quoted reason may repeat the sender's own words: neither is a verdict.
_ASIDE = re.compile(r'\([^()"]*\)|"(?:[^"\\]|\\.)*"')
# Longer ones are floods; real ones have a few hundred characters.
_LONGEST = 4_096


def vouches(fields: Headers, envelope: Envelope, sender: str, authserv_id: str) -> bool:
    """Whether the mail is from `sender` (an address), as the server called `authserv_id` says. Empty: nobody says so."""
    if not authserv_id or not sender or not envelope.trusted:
        return False
    said = headers.said(fields, "authentication-results")[:_LONGEST]
    server, _, results = _without_asides(said).partition(";")
    if (server.split() or [""])[0].lower() != authserv_id.lower():
        return False
    return any(_is_pass(result.lower().split(), addresses.domain(sender)) for result in results.split(";"))


def _without_asides(said: str) -> str:
    """Comments nest (RFC 5322 3.2.2), so the innermost go first. What does not close hides the rest: nothing is believed."""
    found = 1
    while found:
        said, found = _ASIDE.subn(" ", said)
    return "" if set(said) & set('()"') else said


def _is_pass(words: list[str], domain: str) -> bool:
    """`dmarc=pass header.from=example.com`; the domain may go unsaid, but where it is said it must be the sender's."""
    if words[:1] != ["dmarc=pass"]:
        return False
    stated = [word.removeprefix("header.from=") for word in words if word.startswith("header.from=")]
    return all(one in (domain, f"@{domain}") for one in stated)
