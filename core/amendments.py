"""What filing a batch changes in rows that are there already, each for many rows at once."""

from sqlalchemy import bindparam, update

from core import tables

TOUCH = (
    update(tables.tickets)
    .where(tables.tickets.c.id == bindparam("ticket"))
    .values(
        updated_at=bindparam("at"),
        version=tables.tickets.c.version + 1,
        unread=tables.tickets.c.unread + bindparam("more"),
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
