"""What is known of the senders of a batch beside who they are: marks on them, and how much came and went lately.

Two queries for a batch of mails. Three more stand by, and each is asked only where the first two say that it matters:
whose budget was reset today, how much went to one domain, and how fast somebody answers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Connection, bindparam, func, literal_column, or_, select, union_all

from core import addresses, tables
from core.config import LimitsSection
from core.mail import marks
from core.mail.mark_tables import marks as marks_table
from core.mail.marks import EVERYBODY, Mark
from core.messages import InboundMessage
from core.storage import by_heart
from core.vocabulary import Channel, DeliveryKind, MarkKind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Robots that answer robots: so many mails that each came so soon after a mail of ours (rule 54).
QUICK = timedelta(seconds=60)
ALTERNATING = 3
_LATEST = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """`marks` by what they are on. The numbers are by address, but `by_domain`, and `automatic_last_hour` of all."""

    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    mails_last_hour: Mapping[str, int] = field(default_factory=dict)
    automatic_today: Mapping[str, int] = field(default_factory=dict)
    automatic_last_hour: int = 0
    by_domain: Mapping[str, int] = field(default_factory=dict)
    quick_answers: Mapping[str, int] = field(default_factory=dict)

    def mark(self, address: str, kinds: Iterable[MarkKind], now: datetime) -> Mark | None:
        """The nearest mark of these kinds that holds for mail from or to `address`."""
        if not self.marks:
            return None
        found = (one for subject in (*marks.subjects(address), EVERYBODY) for one in self.marks.get(subject, ()))
        return next((one for one in found if one.kind in kinds and one.holds(now)), None)


# Statements are put together once: for a small batch that costs more than carrying them out.
_l, _d, _m = tables.ledger.c, tables.deliveries.c, marks_table.c
_MARKS = select(_m.id, _m.subject, _m.kind, _m.reason, _m.author, _m.since, _m.until, _m.reset_at).where(
    _m.subject.in_(bindparam("subjects", expanding=True)),
    or_(_m.until.is_(None), _m.until > bindparam("now"), _m.reset_at > bindparam("yesterday")),
)
_FROM_THEM: BindParameter[str] = bindparam("addresses", expanding=True)
_AUTOMATIC = (_d.kind == DeliveryKind.ACKNOWLEDGEMENT, _d.created_at > bindparam("since"))
_COUNTS = union_all(
    select(literal_column("'mails'").label("what"), _l.sender.label("subject"), func.count().label("many"))
    .where(_l.sender.in_(_FROM_THEM), _l.received_at > bindparam("hour"), _l.channel == Channel.EMAIL)
    .group_by(_l.sender),
    select(literal_column("'told'"), _d.address, func.count())
    .where(_d.address.in_(_FROM_THEM), _d.kind == DeliveryKind.ACKNOWLEDGEMENT, _d.created_at > bindparam("day"))
    .group_by(_d.address),
    # No further than to the limit: what lies beyond changes nothing, and may be tens of thousands of rows.
    select(literal_column("'all'"), literal_column("''"), func.count()).select_from(
        select(_d.id).where(*_AUTOMATIC).limit(bindparam("most")).subquery()
    ),
)
_TOLD = select(_d.address, _d.created_at).where(*_AUTOMATIC)
_TOLD_SINCE = select(func.count()).where(_d.address == bindparam("address"), *_AUTOMATIC)


def gather(
    connection: Connection, messages: Sequence[InboundMessage], now: datetime, limits: LimitsSection
) -> Standing:
    """What the batch needs to know of its senders. What only `limits` asks for is not counted where they are off."""
    # What somebody signed in writes is judged by their account.
    written = [m for m in messages if m.channel in (Channel.EMAIL, Channel.WEB_FORM) and m.sender.address]
    if not written:
        return Standing()
    on = _marks(connection, {m.sender.address for m in written}, now)
    senders = sorted({m.sender.address for m in written if m.channel is Channel.EMAIL}) if limits.enabled else []
    if not senders:
        return Standing(on)
    resets = {s: one.ended_at for s, found in on.items() for one in found if one.ended_at and one.ended_at > now - DAY}
    counts = _counts(connection, senders, resets.get(EVERYBODY), now, limits)
    told = _told_since_resets(connection, counts["told"], resets)
    everything = counts["all"].get("", 0)
    # A domain has not had more than all had; and where all have had too much, it does not matter.
    most = everything + len(written)
    near = limits.automatic_mails_per_domain_per_hour <= most and everything < limits.automatic_mails_per_hour
    return Standing(
        marks=on,
        mails_last_hour=counts["mails"],
        automatic_today=told,
        automatic_last_hour=everything,
        by_domain=_by_domain(connection, resets, now) if near or EVERYBODY in resets else {},
        quick_answers=_quick_answers(connection, told, on, resets, now),
    )


def _marks(connection: Connection, senders: set[str], now: datetime) -> dict[str, tuple[Mark, ...]]:
    subjects = {subject for address in senders for subject in marks.subjects(address)} | {EVERYBODY}
    asked = {"subjects": sorted(subjects), "now": now, "yesterday": now - DAY}
    found: dict[str, tuple[Mark, ...]] = {}
    for row in by_heart.rows(connection, _MARKS, asked):
        mark = marks.of_row(row)
        found[mark.subject] = (*found.get(mark.subject, ()), mark)
    return found


def _counts(
    connection: Connection, senders: list[str], reset: datetime | None, now: datetime, limits: LimitsSection
) -> dict[str, dict[str, int]]:
    asked = {
        "addresses": senders,
        "hour": now - HOUR,
        "day": now - DAY,
        "since": max(now - HOUR, reset or now - HOUR),
        "most": limits.automatic_mails_per_hour,
    }
    found: dict[str, dict[str, int]] = {"mails": {}, "told": {}, "all": {}}
    for what, subject, many in by_heart.rows(connection, _COUNTS, asked):
        found[what][subject] = many
    return found


def _told_since_resets(connection: Connection, told: dict[str, int], resets: Mapping[str, datetime]) -> dict[str, int]:
    """An admin has said that it begins anew: what was sent before does not count."""
    return {
        address: int(connection.execute(_TOLD_SINCE, {"address": address, "since": resets[address]}).scalar_one())
        if address in resets
        else many
        for address, many in told.items()
    }


def _by_domain(connection: Connection, resets: Mapping[str, datetime], now: datetime) -> dict[str, int]:
    """How much went to each domain within the hour: they are few, or nothing would be sent any more."""
    sent = connection.execute(_TOLD, {"since": now - HOUR}).all()
    domains = ((addresses.domain(address), at) for address, at in sent)
    return Counter(domain for domain, at in domains if at > resets.get(f"@{domain}", now - HOUR))


def _quick_answers(
    connection: Connection,
    told: Mapping[str, int],
    on: Mapping[str, tuple[Mark, ...]],
    resets: Mapping[str, datetime],
    now: datetime,
) -> dict[str, int]:
    """How many of the latest mails of each came so soon after one of ours that a robot may have written them."""
    known = {
        subject for subject, found in on.items() if any(one.kind is MarkKind.LOOP and one.holds(now) for one in found)
    }
    often = [address for address, many in told.items() if many >= ALTERNATING and address not in known]
    since = {address: max(now - DAY, resets.get(address, now - DAY)) for address in often}
    return {address: _quick(*_times(connection, address, since[address]), now) for address in often}


def _times(connection: Connection, address: str, since: datetime) -> tuple[list[datetime], list[datetime]]:
    """When they wrote, and when we had written: what waits still to be sent, nobody can have answered."""
    came = select(_l.received_at).where(_l.sender == address, _l.received_at > since, _l.channel == Channel.EMAIL)
    went = select(_d.sent_at).where(
        _d.address == address,
        _d.kind == DeliveryKind.ACKNOWLEDGEMENT,
        _d.created_at > since,
        _d.sent_at.is_not(None),
    )
    return (
        list(connection.execute(came.order_by(_l.received_at.desc()).limit(_LATEST)).scalars()),
        list(connection.execute(went.order_by(_d.created_at.desc()).limit(_LATEST)).scalars()),
    )


def _quick(came: Sequence[datetime], went: Sequence[datetime], now: datetime) -> int:
    return sum(any(timedelta(0) < at - ours <= QUICK for ours in went) for at in {*came, now})
