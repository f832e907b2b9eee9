"""What filing a batch changes in rows that are there already, each for many rows at once."""

from sqlalchemy import ColumnElement, Insert, bindparam, insert, select, update

from core import tables
from core.storage.columns import UtcDateTime

TOUCH = (
    update(tables.tickets)
    .where(tables.tickets.c.id == bindparam("ticket"))
    .values(
        updated_at=bindparam("at"),
        version=tables.tickets.c.version + 1,
        unread=tables.tickets.c.unread + bindparam("more"),
        # Who writes on a ticket that sleeps wakes it.
        snoozed_until=None,
    )
)
REOPEN = (
    update(tables.tickets)
    .where(tables.tickets.c.id == bindparam("ticket"))
    .values(status=bindparam("becomes"), resolved_at=None, closed_at=None)
)
SEEN_AGAIN = (
    update(tables.ledger)
    .where(tables.ledger.c.id == bindparam("row"))
    .values(times_seen=tables.ledger.c.times_seen + 1, last_seen_at=bindparam("at"))
)
REPLAYED = (
    update(tables.ledger)
    .where(tables.ledger.c.id == bindparam("row"))
    .values(
        disposition=bindparam("becomes"),
        reason=bindparam("because"),
        error="",
        ticket_id=bindparam("ticket"),
        ticket_number=bindparam("number"),
        message_id=bindparam("message"),
        replayed_at=bindparam("at"),
    )
)
_m, _t, _v = tables.messages.c, tables.tickets.c, tables.message_versions.c
_SAID = _m.id == bindparam("message")
_OTHERWISE = _SAID & (_m.body != bindparam("text"))
_BODY, _TICKET = (select(column).where(_OTHERWISE).scalar_subquery() for column in (_m.body, _m.ticket_id))


def _kept(which: ColumnElement[bool]) -> Insert:
    """The wording before, in the row that keeps it."""
    wording = select(_m.id, _m.version, _m.body, bindparam("at", type_=UtcDateTime)).where(which)
    return insert(tables.message_versions).from_select([_v.message_id, _v.version, _v.body, _v.replaced_at], wording)


# Statements in their order: what was said is kept, the ticket that took its description from it follows, then it is
# reworded. The same words again change nothing.
REWORD = (
    _kept(_OTHERWISE),
    update(tables.tickets).where(_t.id == _TICKET, _t.description == _BODY).values(description=bindparam("text")),
    update(tables.messages)
    .where(_OTHERWISE)
    .values(body=bindparam("text"), new_text=None, html=None, version=_m.version + 1, edited_at=bindparam("at")),
)
EXTEND = (
    _kept(_SAID),
    update(tables.messages)
    .where(_SAID)
    .values(body=_m.body + "\n" + bindparam("text"), version=_m.version + 1, edited_at=bindparam("at")),
)
