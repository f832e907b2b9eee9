"""Mails that come under the Message-ID of another."""

from core.desk import Desk
from core.learning import second_look
from core.mail import reused
from core.tables import changes
from tests.builders import a_mail
from tests.stored import numbered, rows

SCANNER = "<scan@device.test>"


async def test_a_message_id_that_was_used_for_something_else_is_noted_on_the_later_ticket(any_desk: Desk) -> None:
    await any_desk.receive(a_mail("one@customer.test", message_id=SCANNER, text="Page one of the lease."))
    await any_desk.receive(a_mail("two@customer.test", message_id=SCANNER, text="Something else."))
    await any_desk.receive(a_mail("two@customer.test", message_id="<own@device.test>", text="A matter of its own."))

    await second_look.look(any_desk)

    [noted] = [row for row in await rows(any_desk, changes) if row.field == reused.FIELD]
    assert noted.ticket_id == (await numbered(any_desk, 2)).id
    assert (noted.new, noted.reason) == (SCANNER, "a mail on ticket 1 has the same Message-ID and says something else")
