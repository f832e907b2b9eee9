"""Which event loop serves: uvloop's where it is installed (docs/decisions/event-loop.md), else the one of Python."""

import asyncio
import importlib.util
from collections.abc import Callable

Loop = asyncio.AbstractEventLoop


def factory() -> Callable[[], Loop]:
    """Makes the loop to serve on. Imported here, so that commands that end at once do not wait for it."""
    if importlib.util.find_spec("uvloop") is None:
        # Windows, PyPy, or a Python that is newer than the wheels.
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
