"""What is written about the running desk: one line an event, nothing in it that could be used or misread.

Our own events (structlog) and those of libraries (logging) go through the same steps: values become plain, control
characters become visible, secrets become "[redacted]". Tracebacks are plain, without locals: those hold customers'
words. Programs read JSON, a person at a terminal reads text.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, TextIO

import orjson
import structlog
from structlog.processors import format_exc_info
from structlog.typing import EventDict, WrappedLogger

REDACTED = "[redacted]"

# Longer values are cut. Of a traceback the end says what happened.
MOST_CHARACTERS = 4_000
MOST_TRACEBACK = 16_000
_SHORT = 60
# Nothing behind this is even looked at; more than the two above, so that no half of a secret stays at the cut.
_MOST_READ = 64_000

# These write addresses, statements, texts and bot tokens at INFO and DEBUG. The root logger is held at WARNING too;
# they are named because some set a level of their own.
_TALKATIVE = ("mail.log", "httpx", "httpcore", "telegram", "aiohttp.access", "asyncio", "aiosqlite", "sqlalchemy")

_SECRET_KEYS = re.compile(r"token|password|passwd|secret|authorization|cookie|api_?key|credential", re.IGNORECASE)


class _Secret(NamedTuple):
    """`pattern` can match only where `sign` is in the lower-cased text; `kept` stays in front of "[redacted]"."""

    sign: str
    pattern: re.Pattern[str]
    kept: str = ""


def _secret(sign: str, pattern: str, kept: str = "") -> _Secret:
    return _Secret(sign, re.compile(pattern, re.IGNORECASE), kept)


def _assigned(word: str) -> _Secret:
    """`password=…`, `'embed_token': '…'`: as URLs, dictionaries and dataclasses are printed."""
    value = r"(?:'[^']*'|\"[^\"]*\"|[^\s'\",;&)}\]]+)"
    return _secret(word, rf"({word}\w{{0,20}}[\"']?\s{{0,3}}[=:]\s{{0,3}}){value}", r"\1")


# Quantifiers are bounded: what is logged may have been written by a stranger.
_SECRETS = (
    # A signed-in session: JSON Web Tokens begin with {" in base64.
    _secret("eyj", r"\beyJ[\w-]{5,4096}\.[\w-]{1,8192}\.[\w-]{0,1024}"),
    # A Telegram bot token, as it stands in every URL of the Bot API.
    _secret(":", r"\d{8,10}:[\w-]{35}"),
    # A reply tag, in an address or in a Message-ID of ours: whoever has it may try to write on the ticket.
    _secret("-", r"\b\d{1,18}-\d{1,6}-[a-z2-7]{16}(?![a-z2-7])"),
    # The links that show a ticket's status to whoever has them.
    _secret("/t/", r"(/t/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\1"),
    _secret("/embed/", r"(/embed/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\1"),
    # … and those that open a file.
    _secret("/f/", r"(/f/)[0-9a-f]{32}-\d{1,6}-[a-z2-7]{16}", r"\1"),
    # smtp://user:password@host
    _secret("://", r"(\b[a-z][a-z0-9+]{1,20}://[^\s:/@]{0,256}:)[^\s@/]{1,256}(?=@)", r"\1"),
    _secret("bearer ", r"\b(bearer )[\w.~+/=-]{8,8192}", r"\1"),
    _secret("authorization", r"(authorization[\"']?\s{0,3}[=:]\s{0,3})[\"']?\w{1,20} [^\s\"']{1,8192}", r"\1"),
    *(_assigned(word) for word in ("token", "password", "passwd", "secret", "api_key", "apikey")),
    # PostgreSQL repeats the values of a row that broke a constraint, whatever `hide_parameters` says.
    _secret("detail: ", r"(\bDETAIL: {1,2})(?:(?!(?:\n|\\n)(?:\[SQL|\n))[\s\S])+", r"\1"),
)

# C0 and C1 controls, the separators that some viewers break lines at, bidi overrides, and lone surrogates, which
# cannot be encoded: each could forge a line or steer a terminal.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TRACEBACK_CONTROLS = re.compile(_CONTROLS.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def set_up(level: str, format: str, *, stream: TextIO | None = None) -> None:  # noqa: A002 - the key is called so
    """Write to `stream` (None: whatever stderr is at the time) from now on; a second call replaces the first.

    `level` is debug, info, warning or error; `format` is json, text, or auto: text when a person watches.
    """
    out = stream or sys.stderr
    render = _as_text if format == "text" or (format == "auto" and out.isatty()) else _as_json
    writer = _Writer(stream)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_STEPS, render],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=lambda *_: writer,
        # So that a second call reaches loggers that have been used before it.
        cache_logger_on_first_use=False,
    )
    _take_over_logging(_Libraries(writer, render), max(_number(level), logging.WARNING))
    sys.excepthook = _log_the_last


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _take_over_logging(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Libraries)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _log_the_last(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught, as an event like any other instead of raw lines with whatever is in them."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("crashed", exc_info=(kind, error, trace))


class _Writer:
    """Where finished lines go. Has a method for each level, as structlog calls them."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        stream = self._stream or sys.stderr
        try:
            stream.write(f"{line}\n")
            stream.flush()
        except (OSError, ValueError):
            # A full disk or a closed pipe behind the log must not stop the mail. There is nowhere left to say it.
            return

    debug = info = warning = error = critical = msg


class _Libraries(logging.Handler):
    """Takes the records of libraries through the same steps."""

    def __init__(self, writer: _Writer, render: Callable[[WrappedLogger, str, EventDict], str]) -> None:
        super().__init__()
        self._writer = writer
        self._render = render

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower()
        try:
            message = record.getMessage()
        except (TypeError, ValueError, LookupError):
            # Arguments that do not fit their own format string: say what can be said.
            message = str(record.msg)
        event: EventDict = {"event": message, "logger": record.name, "exc_info": record.exc_info}
        for step in _STEPS:
            event = step(self._writer, level, event)
        self._writer.msg(self._render(self._writer, level, event))


def _dated(_: WrappedLogger, level: str, event: EventDict) -> EventDict:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # `log.exception` is an error with a traceback.
    level = "error" if level == "exception" else level
    return {"time": now, "level": level, "event": event.pop("event", ""), **event}


def _traceback(logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    return dict(format_exc_info(logger, level, event))


def _safe(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {str(key): _safe_field(str(key), value) for key, value in event.items()}


_STEPS: tuple[Callable[[WrappedLogger, str, EventDict], EventDict], ...] = (_traceback, _safe, _dated)


def _safe_field(key: str, value: object) -> object:
    if key == "exception":
        return _shown(str(value)[-_MOST_READ:], _TRACEBACK_CONTROLS)[-MOST_TRACEBACK:]
    if _is_secret(key) and value not in (None, ""):
        return REDACTED
    return _plain(value)


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _plain(value: object) -> object:
    """`value` of types that every JSON reader takes, with nothing secret and nothing invisible in its texts."""
    if isinstance(value, str):
        return _short_line(str(value)) if len(value) <= _SHORT else _line(str(value))
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        # A JavaScript reader would round what is larger.
        return int(value) if abs(value) < 2**53 else str(value)
    if isinstance(value, Mapping):
        return {_line(str(key)): _safe_field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return _line(str(value))


# Most values are words of ours, or an address that was here a moment ago.
@lru_cache(maxsize=512)
def _short_line(text: str) -> str:
    return _line(text)


def _line(text: str) -> str:
    shown = _shown(text[:_MOST_READ], _CONTROLS)
    return shown if len(shown) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]}…"


def _shown(text: str, controls: re.Pattern[str]) -> str:
    found = redacted(text)
    # All that the pattern looks for is unprintable, and this is cheaper to ask.
    return found if found.isprintable() else controls.sub(_escaped, found)


def redacted(text: str) -> str:
    """`text` without whatever would let its reader act as somebody else."""
    lowered = text.lower()
    for sign, pattern, kept in _SECRETS:
        if sign in lowered:
            text = pattern.sub(kept + REDACTED, text)
    return text


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return orjson.dumps(event).decode()


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Time, level, what happened, and the rest as key=value; a traceback below, set off so that it forges no event."""
    time, level, what = event.pop("time"), event.pop("level"), event.pop("event")
    traceback = str(event.pop("exception", ""))
    fields = "".join(
        f"  {key}={value if isinstance(value, str) else orjson.dumps(value).decode()}" for key, value in event.items()
    )
    below = "".join(f"\n    | {line}" for line in traceback.splitlines())
    return f"{time} {level:8} {what}{fields}{below}"
