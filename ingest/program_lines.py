"""Lines that introduce a quote in a form that one program alone has, and no table of words tells. Pure, linear."""

import re

from ingest import attributions

# Yahoo on Android goes on in the line of its attribution with what it quotes.
BEHIND = ":   "
# GroupWise: >>> Ann Lee <ann@example.com> 02.03.2026 12:10 >>>
GROUPWISE = re.compile(r">>> ?[^\s>].{0,200}\d[:.]\d\d(?: [AP]M)? ?>>>$", re.IGNORECASE)
# Tobit David puts its own line above: [Original Message processed by david ...]
DAVID = ("[original message processed by", "original message processed by")
# Notes above its head: Ann Lee ---02.03.2026 12:10:00---Hello
NOTES = re.compile(
    r"[^\W\d_].{1,80}? ?---\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: [AP]M)?---", re.IGNORECASE
)
# Gmail in its older forms writes no verb: 2013/7/20 Ann <ann@example.com>, 2016-03-03 17:21 GMT+01:00 Ann. A day and no
# address is what the lines of a log begin with too.
_GMAIL = re.compile(
    r"^\d{4}(?:/\d\d?/\d\d?|-\d\d-\d\d(?: \d\d?:\d\d GMT[+-]\d\d:\d\d)?) [^<>@]{1,100}<[^<>\s]+@[^<>\s]+>:?$"
    r"|^\d{4}-\d\d-\d\d \d\d?:\d\d GMT[+-]\d\d:\d\d [^<>@]{1,100}$"
)
# Forums: Posted by ann on 01/21/2016
_POSTED = re.compile(r"^posted by \S.{0,60} on \d\d?/\d\d?/\d{4}$", re.IGNORECASE)
# alot: Quoting Ann Lee (2026-03-02 12:10:00)
_ALOT = re.compile(r"^quoting \S.{0,100} \(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?\)$", re.IGNORECASE)
_ANDROID = re.compile(r"-{4}\s(?:[^\W\d][^\s:-]{0,30}\s){1,5}[^\W\d]{2,20}:?\s-{4}")


def is_attribution(bare: str, folded: str) -> bool:
    """Whether the line says of a form of its own who wrote what follows; `folded` is its beginning in small letters."""
    if bare[0].isdecimal():
        return _GMAIL.match(bare) is not None
    if folded.startswith("posted by"):
        return _POSTED.match(bare) is not None
    return folded.startswith("quoting") and _ALOT.match(bare) is not None


def is_between_dashes(bare: str) -> bool:
    """Zoho: ---- On Tue, 22 Dec 2015 14:17:36 +0530 Ann wrote ----, Notes: -----ann@example.com wrote: -----, Android:
    ---- Ann Lee wrote ----"""
    if _ANDROID.fullmatch(bare):
        return attributions.has_verb(bare.strip("- :").rpartition(" ")[2])
    dated = attributions.DATE.search(bare) or attributions.ADDRESS.search(bare)
    return dated is not None and attributions.has_verb(bare)


def is_with_text(bare: str) -> bool:
    attribution = f"{bare.partition(BEHIND)[0]}:"
    return attributions.may_end(attribution) and attributions.is_one(
        attribution, opened=attributions.opens(attribution), followed_by_quote=False
    )
