"""Loading no more than a desk uses. It is loaded before everything else, because what others have loaded stays."""

import gc
import importlib
import sys
from importlib.util import find_spec, module_from_spec


def begin() -> None:
    """Before anything else is loaded."""
    # Loading makes many objects that all stay: looking through them again and again for garbage is a fifth of a start.
    gc.disable()
    _structlog_without_rich()
    _engine_without_orm()


def end() -> None:
    """When all is loaded."""
    # What is here by now stays. Nor is a batch of messages garbage: looking for some there was 6 % of a message's time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _structlog_without_rich() -> None:
    # It loads rich wherever it finds it, for tracebacks that we never let it draw: 3 MB of an idle desk's memory.
    sys.modules["rich"] = None  # type: ignore[assignment]  # the import system's own way to say "not there"
    importlib.import_module("structlog")
    del sys.modules["rich"]


def _engine_without_orm() -> None:
    """SQLAlchemy's asyncio package with its engine alone; the rest of it is loaded if anybody ever asks for it.

    The rest is sessions, which load the ORM: 8 MB, and a seventh of a start.
    """
    if "sqlalchemy.ext.asyncio" in sys.modules:
        return
    spec = find_spec("sqlalchemy.ext.asyncio")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("sqlalchemy.ext.asyncio")
    loader, package = spec.loader, module_from_spec(spec)
    sys.modules[spec.name] = package
    engine = importlib.import_module("sqlalchemy.ext.asyncio.engine")
    # What the package does itself when it is loaded.
    importlib.import_module("sqlalchemy.util.concurrency")._concurrency_shim._initialize()

    def rest(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        del vars(package)["__getattr__"]
        loader.exec_module(package)
        return getattr(package, name)

    names = ("AsyncConnection", "AsyncEngine", "create_async_engine")
    vars(package).update({name: getattr(engine, name) for name in names}, __getattr__=rest)
