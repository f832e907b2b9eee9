"""What agents are told of answers that did not leave, on both databases."""

from datetime import timedelta

from core import outbox, tables
from core.desk import Desk
from core.outbox import Failed, Result, TryAgain, Unknown
from core.vocabulary import DeliveryState, Direction, Status
from tests.builders import Clock, a_mail
from tests.deliveries import a_ticket, an_agent, claim, say, states
from tests.stored import rows

REFUSED = "the relay refused the mail: 554 5.7.1 looks like {spam}."


async def answered(desk: Desk) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "hello", by=bob)


async def settle(desk: Desk, result: type[Failed | TryAgain | Unknown], reason: str) -> None:
    """The next delivery ends as `result`, two days after which nothing is tried any more."""
    for delivery_id in await claim(desk):
        results: list[Result] = [result(delivery_id, reason)]
        async with desk.writing() as connection:
            await outbox.settle(connection, results, desk.clock(), lifetime=timedelta(days=2))


async def notes(desk: Desk) -> list[str]:
    return [row.body for row in await rows(desk, tables.messages) if row.direction == Direction.NOTE]


async def test_an_answer_that_the_relay_refuses_is_told_on_its_ticket(any_desk: Desk) -> None:
    await answered(any_desk)

    await settle(any_desk, Failed, REFUSED)

    [ticket] = await rows(any_desk, tables.tickets)
    assert await notes(any_desk) == [f"Our answer to ann@customer.test was not delivered: {REFUSED}"]
    assert (ticket.unread, ticket.status) == (1, Status.IN_PROGRESS)


async def test_an_answer_that_is_tried_again_is_told_when_it_is_given_up(any_desk: Desk, clock: Clock) -> None:
    await answered(any_desk)

    await settle(any_desk, TryAgain, "451 busy")
    first = await notes(any_desk)
    clock.forward(timedelta(days=3))
    await settle(any_desk, TryAgain, "451 busy")

    assert first == []
    assert await notes(any_desk) == [
        "Our answer to ann@customer.test was not delivered: given up after 2 tries: 451 busy."
    ]


async def test_an_answer_is_told_when_nobody_knows_for_the_second_time_whether_it_arrived(
    any_desk: Desk, clock: Clock
) -> None:
    await answered(any_desk)

    await settle(any_desk, Unknown, "the relay did not answer")
    first = await notes(any_desk)
    clock.forward(timedelta(hours=1))
    await settle(any_desk, Unknown, "the relay did not answer")

    assert first == []
    assert await states(any_desk) == [DeliveryState.UNCERTAIN]
    [note] = await notes(any_desk)
    assert note.startswith("Our answer to ann@customer.test was sent, and may have been lost: the relay did not answer")


async def test_of_an_acknowledgement_that_the_relay_refuses_nobody_is_told(any_desk: Desk) -> None:
    await any_desk.receive(a_mail())

    await settle(any_desk, Failed, REFUSED)

    assert await states(any_desk) == [DeliveryState.FAILED]
    assert await notes(any_desk) == []
