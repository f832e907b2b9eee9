"""Automatic mail has budgets, and whoever spends one, or answers as robots do, is an incident that admins see and end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from core import desk as desks
from core import tables
from core.config import Settings
from core.desk import Desk
from core.mail import marks
from core.mail.marks import Mark
from core.messages import Signs
from core.storage.paging import Span
from core.vocabulary import DeliveryState, MarkKind, MessageKind, Outcome
from tests.builders import Clock, a_mail
from tests.stored import rows, with_section

ANN, BO = "ann@customer.test", "bo@customer.test"
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def limited(settings: Settings, **limits: object) -> Settings:
    return with_section(settings, "limits", **{"automatic_mails_per_day": 2, **limits})


@pytest.fixture
async def small(any_settings: Settings, clock: Clock) -> AsyncIterator[Desk]:
    """A desk whose budgets are spent by a handful of mails."""
    settings = limited(any_settings, automatic_mails_per_domain_per_hour=3, automatic_mails_per_hour=5)
    async with desks.opened(settings, clock=clock) as desk:
        yield desk


async def incidents(desk: Desk) -> list[Mark]:
    async with desk.reading() as connection:
        return await marks.incidents(connection, desk.clock(), Span(50))


async def end(desk: Desk, incident: UUID) -> None:
    async with desk.writing() as connection:
        await marks.reset(connection, incident, by="carol", now=desk.clock())


async def told(desk: Desk) -> list[str]:
    return [str(row.address) for row in await rows(desk, tables.deliveries)]


async def send(desk: Desk, *addresses: str) -> None:
    for address in addresses:
        assert (await desk.receive(a_mail(address))).outcome is Outcome.OPENED


async def all_sent(desk: Desk) -> None:
    d = tables.deliveries.c
    async with desk.writing() as connection:
        values = {"state": DeliveryState.SENT, "sent_at": desk.clock()}
        await connection.execute(update(tables.deliveries).where(d.sent_at.is_(None)).values(values))


async def test_who_has_spent_a_days_mails_is_one_incident_and_its_end_begins_a_new_budget(
    small: Desk, clock: Clock
) -> None:
    await send(small, ANN, ANN, ANN, ANN)
    [incident] = await incidents(small)

    assert (incident.subject, incident.kind, incident.until) == (ANN, MarkKind.BUDGET, clock() + DAY)
    assert incident.reason == "2 automatic mails a day are spent"
    assert await told(small) == [ANN] * 2

    clock.forward(MINUTE)
    await end(small, incident.id)
    assert await incidents(small) == []
    clock.forward(MINUTE)
    # One more to this address, and the third of its domain within the hour.
    await send(small, ANN, ANN)
    assert await told(small) == [ANN] * 3


async def test_a_domain_has_a_budget_of_its_own(small: Desk, clock: Clock) -> None:
    await send(small, ANN, BO, "cy@customer.test", "di@customer.test", "dora@elsewhere.test")
    [incident] = await incidents(small)

    assert (incident.subject, incident.until) == ("@customer.test", clock() + HOUR)
    assert await told(small) == [ANN, BO, "cy@customer.test", "dora@elsewhere.test"]

    clock.forward(MINUTE)
    await end(small, incident.id)
    await send(small, "ed@customer.test")
    assert (await told(small))[-1] == "ed@customer.test"


async def test_the_budget_of_all_is_everybodys(small: Desk, clock: Clock) -> None:
    await send(small, *(f"a@{n}.test" for n in range(7)))
    [incident] = await incidents(small)

    assert (incident.subject, incident.reason) == ("*", "5 automatic mails an hour to all are spent")
    assert len(await told(small)) == 5

    clock.forward(MINUTE)
    await end(small, incident.id)
    await send(small, "a@8.test")
    assert len(await told(small)) == 6


async def test_an_incident_ends_by_itself(small: Desk, clock: Clock) -> None:
    await send(small, ANN, ANN, ANN)
    clock.forward(DAY + HOUR)

    assert await incidents(small) == []
    await send(small, ANN)
    assert len(await told(small)) == 3


async def test_robots_that_answer_each_other_without_a_sign_are_noticed(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(limited(any_settings, automatic_mails_per_day=50), clock=clock) as desk:
        for _ in range(6):
            await send(desk, ANN)
            await all_sent(desk)
            clock.forward(timedelta(seconds=20))
        [incident] = await incidents(desk)

        # The first three answers were needed to see it.
        assert (incident.subject, incident.kind, incident.until) == (ANN, MarkKind.LOOP, incident.since + DAY)
        assert len(await told(desk)) == 3
        await end(desk, incident.id)
        clock.forward(timedelta(seconds=1))
        await send(desk, ANN)
        assert len(await told(desk)) == 4


async def test_somebody_who_only_writes_often_is_no_robot(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(limited(any_settings, automatic_mails_per_day=50), clock=clock) as desk:
        for _ in range(8):
            await send(desk, ANN)
            await all_sent(desk)
            clock.forward(timedelta(minutes=3))
        # What waits to be sent, nobody can have answered.
        for _ in range(8):
            await send(desk, BO)
            clock.forward(timedelta(seconds=5))

        assert await incidents(desk) == []
        assert len(await told(desk)) == 16


async def test_many_at_once_trip_a_budget_once(small: Desk) -> None:
    mails = [a_mail(ANN) for _ in range(20)]

    await small.receive_many(mails)

    assert [(one.subject, one.kind) for one in await incidents(small)] == [(ANN, MarkKind.BUDGET)]
    assert await told(small) == [ANN] * 2


async def test_new_mail_of_a_program_is_a_ticket_and_spends_nothing(small: Desk) -> None:
    alert = replace(a_mail("alerts@monitor.test", automatic="auto-submitted: auto-generated"), acknowledge=False)

    assert (await small.receive(alert)).outcome is Outcome.OPENED
    assert await told(small) == []
    assert await incidents(small) == []


async def test_what_answers_by_itself_is_a_ticket_only_of_monitors_that_the_operator_names(
    any_settings: Settings, clock: Clock
) -> None:
    settings = with_section(any_settings, "mail", monitors=("monitor.test",))
    async with desks.opened(settings, clock=clock) as desk:
        for sender, outcome in (("a@monitor.test", Outcome.OPENED), ("a@other.test", Outcome.IGNORED)):
            mail = a_mail(sender, kind=MessageKind.AUTO, automatic="auto-submitted: auto-replied", acknowledge=False)
            assert (await desk.receive(mail)).outcome is outcome


async def test_where_no_automatic_mail_is_wanted_nothing_is_an_incident(any_settings: Settings, clock: Clock) -> None:
    async with desks.opened(limited(any_settings, automatic_mails_per_day=0), clock=clock) as desk:
        await send(desk, ANN, ANN)

        assert await told(desk) == []
        assert await incidents(desk) == []


async def test_another_address_for_answers_is_told_to_the_agents_and_not_written_to(desk: Desk) -> None:
    await desk.receive(replace(a_mail(ANN), signs=Signs(reply_to="other@evil.test")))

    [note] = [m for m in await rows(desk, tables.messages) if m.direction == "note"]
    assert "other@evil.test" in str(note.body)
    assert await told(desk) == [ANN]
