"""Reference lists: the document's own, as an admin has changed them."""

import pytest

from core import reference
from core.access import Actor
from core.desk import Desk
from core.errors import Conflict, Forbidden
from core.reference import Entry
from core.vocabulary import Role
from tests.builders import a_user

DOCUMENTED = {"tool": (Entry(1, "ECAP", "ECAP"), Entry(2, "PXM", "Motius")), "crit": (Entry(1, "low", "Baixa"),)}


async def lists(desk: Desk, contract: str = "one") -> dict[str, list[Entry]]:
    async with desk.reading() as connection:
        return await reference.of_contract(connection, contract, DOCUMENTED)


async def put(desk: Desk, name: str, entry: Entry, by: Actor) -> None:
    others = (await lists(desk))[name]
    async with desk.writing() as connection:
        await reference.put(connection, "one", name, entry, by=by, others=others)


async def carol(desk: Desk) -> Actor:
    return (await a_user(desk, "carol", Role.ADMIN)).actor


async def test_a_list_is_what_the_document_says_until_somebody_changes_it(any_desk: Desk) -> None:
    assert await lists(any_desk) == {name: list(entries) for name, entries in DOCUMENTED.items()}


async def test_an_admin_renames_adds_and_withdraws(any_desk: Desk) -> None:
    by = await carol(any_desk)

    await put(any_desk, "tool", Entry(9, "LAB", "Laboratori"), by)
    await put(any_desk, "tool", Entry(1, "ECAP", "Estació clínica"), by)
    await put(any_desk, "tool", Entry(1, "ECAP", "Estació clínica", active=False), by)

    assert (await lists(any_desk))["tool"] == [
        Entry(1, "ECAP", "Estació clínica", active=False), Entry(2, "PXM", "Motius"), Entry(9, "LAB", "Laboratori"),
    ]  # fmt: skip
    assert (await lists(any_desk))["crit"] == list(DOCUMENTED["crit"])
    assert (await lists(any_desk, "another"))["tool"] == list(DOCUMENTED["tool"])


async def test_a_value_means_one_entry_only(any_desk: Desk) -> None:
    with pytest.raises(Conflict):
        await put(any_desk, "tool", Entry(9, "PXM", "Another"), await carol(any_desk))


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
async def test_only_an_admin_changes_a_list(desk: Desk, role: Role) -> None:
    by = (await a_user(desk, "somebody", role)).actor

    with pytest.raises(Forbidden):
        await put(desk, "tool", Entry(9, "LAB", "Laboratori"), by)
