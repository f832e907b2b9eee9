"""What a card shows beside the ticket itself."""

from dataclasses import replace

from bot import views
from core.desk import Desk
from core.messages import Signs
from tests.builders import a_mail
from tests.stored import numbered

FIRST = "<first@customer.test>"


async def test_whoever_wrote_last_is_named_if_it_is_not_the_customer(desk: Desk) -> None:
    await desk.receive(replace(a_mail(message_id=FIRST), signs=Signs(copied=(("", "cleo@customer.test"),))))

    async def last() -> str:
        async with desk.reading() as connection:
            return (await views.of(connection, await numbered(desk, 1), desk.settings, desk.clock())).last

    anns = await last()
    await desk.receive(a_mail("cleo@customer.test", "Cleo", text="Me too.", in_reply_to=(FIRST,)))

    assert anns == "The printer on the second floor is on fire."
    assert await last() == "Cleo: Me too."
