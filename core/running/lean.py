"""Loading no more than a desk uses. It is loaded before everything else, because what others have loaded stays."""

import dataclasses
import gc
import importlib
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec, module_from_spec
from types import MemberDescriptorType
from typing import Any


def begin() -> None:
    """Before anything else is loaded."""
    # Loading makes many objects that all stay: looking through them again and again for garbage is a fifth of a start.
    gc.disable()
    _dataclasses_by_need()
    _structlog_without_rich()
    _engine_without_orm()


def end() -> None:
    """When all is loaded."""
    # What is here by now stays. Nor is a batch of messages garbage: looking for some there was 6 % of a message's time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def aiohttp() -> None:
    """aiohttp, without the certificates of all authorities: reading them is 30 ms and 1 MB, for whoever speaks TLS to
    others. Its own context reads them when it does.
    """
    if "aiohttp" in sys.modules:
        return
    contexts: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_default_certs
    ssl.SSLContext.load_default_certs = lambda self, *_: contexts.append(self)  # type: ignore[method-assign]
    try:
        importlib.import_module("aiohttp")
    finally:
        ssl.SSLContext.load_default_certs = load  # type: ignore[method-assign]
    for context in contexts:
        context.__class__ = _Unread


class _Unread(ssl.SSLContext):
    """A context that knows no authority yet."""

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        return self._read().wrap_bio(*arguments, **options)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        return self._read().wrap_socket(*arguments, **options)

    def _read(self) -> ssl.SSLContext:
        self.__class__ = ssl.SSLContext  # type: ignore[assignment]
        self.load_default_certs()
        return self


# What Python writes for a dataclass and compiles at once, though most of it is never called.
_WRITTEN_LATE = frozenset({"__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"})
# How it sets a field of a frozen one, which is looked up by its name in two classes before it is done.
_SET = "__dataclass_builtins_object__.__setattr__("


def _dataclasses_by_need() -> None:
    """Each such method is compiled when it is first called. All of them at once were a tenth of a start.

    Python 3.13 has another way to write them, which is left alone.
    """
    write: Callable[..., Callable[..., object]] | None = vars(dataclasses).get("_create_fn")
    if write is None:
        return

    def late(name: str, arguments: Sequence[str], body: Sequence[str], **options: Any) -> Callable[..., object]:
        if name == "__init__" and body[0].startswith(_SET):
            return _frozen_init(write, arguments, body, options)
        if name not in _WRITTEN_LATE:
            return write(name, arguments, body, **options)
        written: Callable[..., object] | None = None

        def method(self: object, *others: object) -> object:
            nonlocal written
            if written is None:
                written = write(name, arguments, body, **options)
            return written(self, *others)

        method.__name__ = name
        return method

    vars(dataclasses)["_create_fn"] = late


def _frozen_init(
    write: Callable[..., Callable[..., object]],
    arguments: Sequence[str],
    body: Sequence[str],
    options: Mapping[str, Any],
) -> Callable[..., None]:
    """How a frozen dataclass is made. Written when there is the first one, as by then the class has its slots: they are
    set in half the time by what sets them. Making such values was a twentieth of filing a message.
    """
    # With its comma: Python calls the first argument otherwise where a field is called like it.
    own = f"{_SET}{arguments[0]},"

    plain: Callable[..., object] | None = None

    def made(self: object, /, *values: object, **named: object) -> None:
        nonlocal plain
        of = next((kind for kind in type(self).__mro__ if vars(kind).get("__init__") is made), None)
        if of is None:
            # Another thread was first, or somebody has kept this from before there was one.
            plain = plain or write("__init__", arguments, body, **options)
            plain(self, *values, **named)
            return
        known = dict(options["locals"])
        lines = [_set(line, own, of, known) for line in body]
        written = write("__init__", arguments, lines, **{**options, "locals": known})
        written.__qualname__ = f"{of.__qualname__}.__init__"
        type.__setattr__(of, "__init__", written)
        written(self, *values, **named)

    return made


def _set(line: str, own: str, of: type, known: dict[str, object]) -> str:
    """The line that sets a field, by its slot if it has one. `known` are the names that the line may use."""
    name, _, value = line.removeprefix(own).partition(",")
    slot = getattr(of, name.strip("'"), None) if line.startswith(own) else None
    if not isinstance(slot, MemberDescriptorType):
        return line
    known[f"_set_{slot.__name__}"] = slot.__set__
    return f"_set_{slot.__name__}({own.removeprefix(_SET)}{value}"


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
