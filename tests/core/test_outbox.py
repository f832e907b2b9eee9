"""The life of a delivery, on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core import desk as desks
from core import outbox
from core.config import Settings
from core.desk import Desk
from core.outbox import Failed, Result, Sent, TryAgain, Unknown
from core.tables import new_id
from core.vocabulary import Channel, DeliveryKind, DeliveryState
from tests.builders import Clock, a_mail
from tests.deliveries import a_ticket, an_agent, claim, entries, say, states

LIFETIME = timedelta(days=5)
MINUTE = timedelta(minutes=1)


async def settle(desk: Desk, *results: Result, lifetime: timedelta = LIFETIME) -> None:
    async with desk.writing() as connection:
        await outbox.settle(connection, results, desk.clock(), lifetime=lifetime)


async def due_in(desk: Desk) -> timedelta | None:
    async with desk.reading() as connection:
        due = await outbox.next_due(connection, Channel.EMAIL)
    return None if due is None else due - desk.clock()


async def is_due(desk: Desk) -> bool:
    async with desk.reading() as connection:
        return await outbox.is_due(connection, Channel.EMAIL, desk.clock())


async def answered(desk: Desk, *texts: str, tickets: int = 1) -> None:
    bob = await an_agent(desk)
    for number in range(1, tickets + 1):
        await a_ticket(desk, f"customer{number}@customer.test")
        await say(desk, number, *texts, by=bob)


async def test_an_empty_outbox_has_nothing_due(any_desk: Desk) -> None:
    assert await due_in(any_desk) is None
    assert not await is_due(any_desk)
    assert await claim(any_desk) == []


async def test_what_is_claimed_is_on_its_way_and_claimed_by_nobody_else(any_desk: Desk) -> None:
    await answered(any_desk, "hello")
    assert await is_due(any_desk)

    first, second = await claim(any_desk), await claim(any_desk)

    [entry] = await entries(any_desk)
    assert (first, second) == ([entry.id], [])
    assert (entry.state, entry.attempts) == (DeliveryState.SENDING, 1)
    assert not await is_due(any_desk)
    assert await due_in(any_desk) == outbox.LEASE


async def test_a_claim_takes_no_more_than_asked_and_the_oldest_first(any_desk: Desk, clock: Clock) -> None:
    bob = await an_agent(any_desk)
    for number in range(1, 6):
        await a_ticket(any_desk, f"customer{number}@customer.test")
        clock.forward(MINUTE)
        await say(any_desk, number, "hello", by=bob)

    taken = await claim(any_desk, limit=3)

    assert taken == [entry.id for entry in (await entries(any_desk))[:3]]


async def test_another_channels_deliveries_are_left_alone(any_desk: Desk) -> None:
    await answered(any_desk, "hello")

    async with any_desk.writing() as connection:
        taken = await outbox.claim(connection, Channel.TELEGRAM, any_desk.clock(), limit=20)

    assert taken == []


async def test_an_answer_never_overtakes_the_one_before_it(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "first", "second")
    first, second = (entry.id for entry in await entries(any_desk))

    assert await claim(any_desk) == [first]
    await settle(any_desk, TryAgain(first, "busy"))
    assert await claim(any_desk) == []
    assert not await is_due(any_desk)
    clock.forward(2 * MINUTE)
    assert await claim(any_desk) == [first]
    await settle(any_desk, Sent(first))
    assert await claim(any_desk) == [second]


@pytest.mark.parametrize("end", [Sent, Failed])
async def test_when_an_answer_has_ended_the_next_one_goes(any_desk: Desk, end: type[Sent] | type[Failed]) -> None:
    await answered(any_desk, "first", "second")
    [first] = await claim(any_desk)

    await settle(any_desk, Sent(first) if end is Sent else Failed(first, "no such user"))

    assert len(await claim(any_desk)) == 1


async def test_what_waits_behind_another_is_not_due(any_desk: Desk) -> None:
    await answered(any_desk, "first", "second")
    [first] = await claim(any_desk)

    await settle(any_desk, TryAgain(first, "busy"))

    wait = await due_in(any_desk)
    assert wait is not None
    assert MINUTE <= wait <= 1.25 * MINUTE


async def test_a_refused_delivery_fails_with_its_reason(any_desk: Desk) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)

    await settle(any_desk, Failed(delivery, "550 no such user"))

    [entry] = await entries(any_desk)
    assert (entry.state, entry.reason) == (DeliveryState.FAILED, "550 no such user")
    assert await due_in(any_desk) is None


def test_the_waiting_doubles_up_to_an_hour() -> None:
    minutes = [outbox.backoff(attempts) / MINUTE for attempts in (1, 2, 3, 6, 7, 8, 100)]

    assert minutes == [1, 2, 4, 32, 60, 60, 60]


async def test_what_failed_together_is_not_tried_again_together(any_desk: Desk) -> None:
    await answered(any_desk, "hello", tickets=12)

    await settle(any_desk, *(TryAgain(delivery, "busy") for delivery in await claim(any_desk)))

    waits = {entry.due_at - any_desk.clock() for entry in await entries(any_desk)}
    assert len(waits) > 3
    assert all(MINUTE <= wait <= 1.25 * MINUTE for wait in waits)


async def test_after_its_lifetime_a_delivery_is_given_up(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)
    await settle(any_desk, TryAgain(delivery, "busy"))
    clock.forward(LIFETIME + MINUTE)
    await claim(any_desk)

    await settle(any_desk, TryAgain(delivery, "still busy"))

    [entry] = await entries(any_desk)
    assert (entry.state, entry.reason) == (DeliveryState.FAILED, "given up after 2 tries: still busy")


async def test_an_unanswered_delivery_is_tried_once_more_and_then_left_to_a_person(
    any_desk: Desk, clock: Clock
) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)

    await settle(any_desk, Unknown(delivery, "no answer"))
    assert await states(any_desk) == [DeliveryState.RETRYING]
    assert await due_in(any_desk) == MINUTE

    clock.forward(MINUTE)
    assert await claim(any_desk) == [delivery]
    await settle(any_desk, Unknown(delivery, "no answer"))
    [entry] = await entries(any_desk)
    assert (entry.state, entry.attempts) == (DeliveryState.UNCERTAIN, 2)
    assert entry.reason == "no answer: nobody knows whether it arrived"
    assert await due_in(any_desk) is None


async def test_a_crash_while_sending_counts_as_unanswered(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)

    clock.forward(outbox.LEASE - timedelta(seconds=1))
    assert await claim(any_desk) == []
    clock.forward(timedelta(seconds=1))
    assert await is_due(any_desk)
    assert await claim(any_desk) == [delivery]
    clock.forward(outbox.LEASE)
    assert await claim(any_desk) == []
    assert await states(any_desk) == [DeliveryState.UNCERTAIN]


async def test_a_second_crash_makes_nothing_uncertain_that_was_not_being_sent(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello", tickets=4)
    assert len(await claim(any_desk)) == 4
    clock.forward(outbox.LEASE)

    doubtful = await claim(any_desk)
    clock.forward(outbox.LEASE)
    next_one = await claim(any_desk)

    assert (len(doubtful), len(next_one)) == (1, 1)
    assert sorted(await states(any_desk)) == ["retrying", "retrying", "sending", "uncertain"]


async def test_one_crash_and_one_missing_answer_make_it_uncertain(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)
    clock.forward(outbox.LEASE)
    await claim(any_desk)

    await settle(any_desk, Unknown(delivery, "no answer"))

    assert await states(any_desk) == [DeliveryState.UNCERTAIN]


async def test_a_late_result_does_not_take_a_delivery_from_who_holds_it_now(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)
    clock.forward(outbox.LEASE)
    await claim(any_desk)
    await settle(any_desk, Sent(delivery))

    for late in (TryAgain(delivery, "late"), Failed(delivery, "late"), Unknown(delivery, "late")):
        await settle(any_desk, late)

    assert await states(any_desk) == [DeliveryState.SENT]


async def test_what_was_sent_is_sent_even_when_its_lease_had_run_out(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk, "hello")
    [delivery] = await claim(any_desk)
    clock.forward(outbox.LEASE)
    await claim(any_desk)
    clock.forward(outbox.LEASE)
    await claim(any_desk)

    await settle(any_desk, Sent(delivery))

    assert await states(any_desk) == [DeliveryState.SENT]


async def test_settling_what_was_purged_meanwhile_is_no_error(any_desk: Desk) -> None:
    gone = new_id()

    await settle(any_desk, Sent(gone), Failed(gone, "x"), TryAgain(gone, "x"), Unknown(gone, "x"))

    assert await entries(any_desk) == []


async def test_processes_that_claim_at_once_take_different_deliveries(
    any_settings: Settings, any_desk: Desk, clock: Clock
) -> None:
    await answered(any_desk, "first", "second", tickets=30)

    async def take(desk: Desk) -> Sequence[object]:
        return [delivery for _ in range(3) for delivery in await claim(desk, limit=4)]

    async with desks.opened(any_settings, clock=clock) as other, desks.opened(any_settings, clock=clock) as third:
        taken = [delivery for each in await asyncio.gather(*map(take, (any_desk, other, third))) for delivery in each]

    assert len(taken) == len(set(taken))
    assert 0 < len(taken) <= 30
    claimed = [entry for entry in await entries(any_desk) if entry.state is DeliveryState.SENDING]
    assert {entry.id for entry in claimed} == set(taken)
    assert all(entry.attempts == 1 for entry in claimed)
    # One a ticket, and the first of it.
    assert len({entry.ticket_number for entry in claimed}) == len(claimed)


async def test_an_agents_answer_goes_before_acknowledgements_that_wait(any_desk: Desk, clock: Clock) -> None:
    await a_ticket(any_desk)
    for number in range(3):
        await any_desk.receive(a_mail(f"a{number}@customer.test"))
    clock.forward(timedelta(seconds=1))
    await say(any_desk, 1, "here you are", by=await an_agent(any_desk))

    taken = await claim(any_desk, limit=1)

    assert [entry.kind for entry in await entries(any_desk) if entry.id in taken] == [DeliveryKind.ANSWER]


async def test_nor_does_it_wait_behind_acknowledgements_that_were_tried_before(any_desk: Desk, clock: Clock) -> None:
    await a_ticket(any_desk)
    for number in range(3):
        await any_desk.receive(a_mail(f"a{number}@customer.test"))
    await settle(any_desk, *(TryAgain(one, "the relay is away") for one in await claim(any_desk)))
    clock.forward(timedelta(hours=1))
    await say(any_desk, 1, "here you are", by=await an_agent(any_desk))

    taken = await claim(any_desk, limit=1)

    assert [entry.kind for entry in await entries(any_desk) if entry.id in taken] == [DeliveryKind.ANSWER]
