"""Under which subject answers go out: the one that their reader knows."""

from core import tickets
from core.access import Actor
from core.desk import Desk
from core.tickets import Revision
from tests.builders import Clock, a_mail
from tests.core.mail.test_letters import MINUTE, sent
from tests.deliveries import an_agent, say
from tests.stored import a_post


async def test_an_answer_keeps_the_subject_that_the_customer_wrote_whatever_agents_call_the_ticket(
    any_desk: Desk, clock: Clock
) -> None:
    bob = await an_agent(any_desk)
    await any_desk.receive(a_mail("ann@customer.test", subject="Printer on fire", acknowledge=False))
    for name in ("Arson again?", "Arson, room 3"):
        await _call(any_desk, clock, bob, name)
    await say(any_desk, 1, "It is out.", by=bob)

    assert (await sent(any_desk)).subject == "Printer on fire"


async def test_what_staff_called_a_ticket_before_the_first_mail_about_it_is_the_subject_of_none(
    any_desk: Desk, clock: Clock
) -> None:
    bob = await an_agent(any_desk)
    await any_desk.receive(a_post(dedupe_key="1"))
    await _call(any_desk, clock, bob, "Ann's invoice")
    clock.forward(MINUTE)
    await say(any_desk, 1, "It is paid.", by=bob)
    first = await sent(any_desk)
    clock.forward(MINUTE)
    await _call(any_desk, clock, bob, "Done?")
    await say(any_desk, 1, "Is all well?", by=bob)

    assert (first.subject, (await sent(any_desk)).subject) == ("Ann's invoice", "Ann's invoice")


async def _call(desk: Desk, clock: Clock, by: Actor, name: str) -> None:
    async with desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [1])).values()
        await tickets.change(connection, ticket, Revision(subject=name), by=by, now=clock())
