"""What commands print."""

import json

from core import ledger
from core.desk import Desk
from core.running import terminal
from tests.builders import a_mail


async def test_rows_of_either_database_print_as_json(any_desk: Desk) -> None:
    receipt = await any_desk.receive(a_mail())
    async with any_desk.reading() as connection:
        entries = await ledger.entries(connection)

    printed = json.loads(terminal.as_json(entries))

    assert [(row["id"], row["disposition"]) for row in printed] == [(str(receipt.ledger_id), "ticket")]
