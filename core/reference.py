"""Lists that a wire format prescribes (statuses, tools, centres …): what its document lists, as an admin has changed it.

The document's own entries are the contract's to know and are handed in; the table holds only what was changed or added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, tables
from core.access import Actor
from core.errors import Conflict
from core.storage import dialects


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list. `active` False: it is offered no more, and still named where it was used."""

    id: int
    value: str
    label: str
    active: bool = True


Lists = Mapping[str, Sequence[Entry]]
_r = tables.reference_data.c


async def of_contract(connection: AsyncConnection, contract: str, documented: Lists) -> dict[str, list[Entry]]:
    """Every list of a contract, by name, each in the order of its ids."""
    rows = await connection.execute(
        select(_r.list, _r.id, _r.value, _r.label, _r.active).where(_r.contract == contract)
    )
    found = {name: {entry.id: entry for entry in entries} for name, entries in documented.items()}
    for row in rows.all():
        if row.list in found:
            found[row.list][row.id] = Entry(row.id, row.value, row.label, row.active)
    return {name: [entries[number] for number in sorted(entries)] for name, entries in found.items()}


async def put(
    connection: AsyncConnection, contract: str, name: str, entry: Entry, *, by: Actor, others: Sequence[Entry]
) -> None:
    """Change or add an entry of list `name`, beside `others`. Raises Forbidden, Conflict."""
    access.require_admin(by)
    if any(other.value == entry.value for other in others if other.id != entry.id):
        raise Conflict(f"the list {name} has the value {entry.value} already: choose another")
    words = {"value": entry.value, "label": entry.label, "active": entry.active}
    statement = dialects.insert(connection.dialect.name, tables.reference_data).values(
        contract=contract, list=name, id=entry.id, **words
    )
    await connection.execute(statement.on_conflict_do_update(index_elements=["contract", "list", "id"], set_=words))
