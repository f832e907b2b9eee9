"""JSON as the database keeps it, and what orjson does not know how to write by itself."""

from uuid import UUID

import orjson


def text(value: object) -> str:
    """As a column keeps it."""
    return orjson.dumps(value).decode()


def plain(value: object) -> str:
    """For orjson's `default`: asyncpg hands out UUIDs of a class of its own, which orjson does not take for one."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"JSON has no form for a {type(value).__name__}")
