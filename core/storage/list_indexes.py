"""The indexes that lists are read by: a page, and its count, cost the same at a million tickets. And all others of a part
of the rows: to name one for PostgreSQL loads that part of SQLAlchemy, 2 MB of an idle desk.

Each of a list begins with what is asked, goes on with the order in which it is shown, and ends with what else is often asked of
the same list: pages and counts then read the index alone.
"""

from sqlalchemy import Index, text

from core import contract_numbers, tables

_t, _d, _l = tables.tickets.c, tables.deliveries.c, tables.ledger.c
_TO_REVIEW = text("needs_review AND deleted_at IS NULL")
_NOT_DELETED, _TO_WEBHOOK = text("deleted_at IS NULL"), text("webhook_id IS NOT NULL")
_SUGGESTIONS = text("type = 'suggestion' AND deleted_at IS NULL")
_SNOOZED = text("snoozed_until IS NOT NULL")
_FURTHER_SEAT, _HAS_CONTENT = text("seq > 1"), text("content_key IS NOT NULL")


def _of_contract(contract: str, name: str, dialect: str) -> Index:
    """Who has no such number is not in it."""
    number = contract_numbers.written(contract, name, dialect)
    where = text(f"deleted_at IS NULL AND {number} IS NOT NULL")
    index = Index(f"ix_tickets_{contract}_{name}", text(number), _t.number, sqlite_where=where, postgresql_where=where)
    return index.ddl_if(dialect=dialect)


INDEXES = (
    # Foreign keys ask for deleted tickets too.
    Index("ix_tickets_requester_id", _t.requester_id, _t.number, _t.deleted_at),
    Index("ix_tickets_assignee_id", _t.assignee_id, _t.number, _t.deleted_at, _t.status),
    *(
        Index(f"ix_tickets_{columns[0].name}", *columns, sqlite_where=_NOT_DELETED, postgresql_where=_NOT_DELETED)
        for columns in (
            (_t.status, _t.number, _t.priority, _t.category, _t.channel),
            (_t.priority, _t.number, _t.status, _t.category, _t.channel),
            (_t.category, _t.number, _t.status, _t.priority, _t.channel),
            (_t.channel, _t.number, _t.status, _t.priority),
            (_t.created_at, _t.number),
            # In these orders a filter that leaves many is asked of each ticket in turn (core/queue.py). With deleted_at SQLite
            # would read them for counts too, from end to end.
            (_t.updated_at, _t.number, _t.status, _t.priority, _t.category),
            (_t.subject, _t.number, _t.status, _t.priority, _t.category),
            # The newest first, of which a page far down would look up each ticket before it; and what has a word or a tag
            # is asked here for the rest.
            (_t.number, _t.status, _t.priority, _t.category),
        )
    ),
    *(
        _of_contract(*field, dialect)
        for field in (*contract_numbers.LISTED, *contract_numbers.WORDS)
        for dialect in ("sqlite", "postgresql")
    ),
    # Rare on most desks; the other type is nearly all there is. SQLite takes it only if it begins with the type.
    Index("ix_tickets_suggestions", _t.type, _t.number, sqlite_where=_SUGGESTIONS, postgresql_where=_SUGGESTIONS),
    Index("ix_tickets_needs_review", _t.number, sqlite_where=_TO_REVIEW, postgresql_where=_TO_REVIEW),
    Index("ix_deliveries_webhook_id", _d.webhook_id, _d.id, sqlite_where=_TO_WEBHOOK, postgresql_where=_TO_WEBHOOK),
    Index("ix_tickets_snoozed_until", _t.snoozed_until, sqlite_where=_SNOOZED, postgresql_where=_SNOOZED),
    # Whose the first seat is says the ticket, by an index of its own.
    Index(
        "ix_participants_person_id",
        tables.participants.c.person_id,
        sqlite_where=_FURTHER_SEAT,
        postgresql_where=_FURTHER_SEAT,
    ),
    Index(
        "ix_ledger_content_key",
        _l.content_key,
        unique=True,
        sqlite_where=_HAS_CONTENT,
        postgresql_where=_HAS_CONTENT,
    ),
)
