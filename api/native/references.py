"""Reference data: the lists that a contract's document prescribes, which an admin may change and add to."""

from collections.abc import Mapping

from aiohttp import web

from api import body, respond
from api.contracts.healthcare import words as healthcare
from api.native.shapes import NewEntry
from api.routes import Call
from core import reference
from core.errors import Invalid, NotFound, Problem
from core.reference import Entry, Lists

ENTRY = "{contract:[a-z_]{1,32}}/{list:[a-z_]{1,32}}/{number:[1-9][0-9]{0,8}}"
CONTRACT = "{contract:[a-z_]{1,32}}"

_DOCUMENTED: Mapping[str, Lists] = {healthcare.NAME: healthcare.DOCUMENTED}
# Lists of words that the desk has words of its own for: their entries can be renamed, and there are no others.
_CLOSED = frozenset({(healthcare.NAME, "status"), (healthcare.NAME, "crit")})
# Lists whose values are numbers to the document.
_NUMBERS = frozenset({(healthcare.NAME, "center")})


async def many(call: Call) -> web.Response:
    contract = call.request.match_info["contract"]
    async with call.desk.reading() as connection:
        listed = await reference.of_contract(connection, contract, _documented(contract))
    return respond.json({name: [_shown(entry) for entry in entries] for name, entries in listed.items()})


async def put(call: Call) -> web.Response:
    """Changes an entry, or adds one under a number that is not taken."""
    contract, name, number = (call.request.match_info[part] for part in ("contract", "list", "number"))
    documented = _documented(contract)
    if name not in documented:
        raise NotFound("List")
    wanted = await body.read(call.request, NewEntry)
    entry = Entry(int(number), wanted.value, wanted.label, wanted.active)
    _require_fits(contract, name, entry, documented)
    async with call.desk.writing() as connection:
        listed = await reference.of_contract(connection, contract, documented)
        await reference.put(connection, contract, name, entry, by=call.actor, others=listed[name])
    return respond.json(_shown(entry))


def _documented(contract: str) -> Lists:
    if contract not in _DOCUMENTED:
        raise NotFound("Contract")
    return _DOCUMENTED[contract]


def _require_fits(contract: str, name: str, entry: Entry, documented: Lists) -> None:
    if (contract, name) in _CLOSED and not any(known.id == entry.id for known in documented[name]):
        raise Invalid([Problem("id", f"the list {name} has a fixed number of entries: change one of them")])
    if (contract, name) in _NUMBERS and not (entry.value.isdecimal() and entry.value.isascii()):
        raise Invalid([Problem("value", f"is a number in the list {name}, such as 305")])


def _shown(entry: Entry) -> dict[str, object]:
    return {"id": entry.id, "value": entry.value, "label": entry.label, "active": entry.active}
