"""Whole numbers, and a word, that only one contract's tickets have, and that its lists are filtered by.

They lie in `tickets.extra` with all that is a contract's own. Read from there, a list of a million tickets would take
seconds; each of these has an index (core/storage/list_indexes.py), which the database finds only by the very words it was made
with: a parameter in the path would hide it.
"""

from sqlalchemy import ColumnElement, Integer, String, literal_column

# Contract and field, as the contract stores them.
LISTED = (("healthcare", "tool_id"), ("healthcare", "center_id"))
# And a word: whom a ticket is assigned to in the client's own system.
WORDS = (("customer_support", "assigned_to"),)


def equal(contract: str, name: str, value: int, dialect: str) -> ColumnElement[bool]:
    """The condition on `tickets`. Contract and name are the program's own words, never somebody's input."""
    number = written(contract, name, dialect, column="tickets.extra")
    if dialect == "sqlite":
        return literal_column(number, Integer) == value
    return literal_column(number, String) == str(value)


def same(contract: str, name: str, word: str, dialect: str) -> ColumnElement[bool]:
    """The same of a word, which may be anybody's."""
    return literal_column(written(contract, name, dialect, column="tickets.extra"), String) == word


def written(contract: str, name: str, dialect: str, *, column: str = "extra") -> str:
    if dialect == "sqlite":
        return f"json_extract({column}, '$.{contract}.{name}')"
    # As text: were it cast, something else in its place would be an error of whoever stores it.
    return f"(({column} -> '{contract}') ->> '{name}')"
