"""What the desk refuses, and what it cannot understand, as clauses of the language that is spoken (`[refused]` in texts)."""

from typing import Any

from bot.markup import Html, escaped
from bot.sentences import Texts
from core.chat.refusals import Worded
from core.errors import Conflict, DeskError, Forbidden, Invalid, NotFound


class Misunderstood(DeskError):
    """What follows a command means nothing there: the key of the clause that says so, and what stands in its places."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def sentence(error: DeskError, texts: Texts, *, is_agent: bool) -> tuple[str, dict[str, Any]]:
    """The key of the sentence that tells somebody of it, and what stands in its places."""
    match error:
        case NotFound(what="Ticket"):
            return "no_such_ticket_agent" if is_agent else "no_such_ticket", {}
        case NotFound():
            return "no_such", {"what": texts.words["things"].get(error.what, error.what)}
        case Misunderstood():
            return "refused", {"why": texts.clause("refused", error.key, **error.values)}
        case Invalid():
            return "refused", {"why": Html("; ".join(_problem(p.field, p.message, texts) for p in error.problems))}
        case Forbidden() | Conflict():
            return "refused", {"why": _clause(error.reason, texts)}
    return "refused", {"why": str(error)}


def _problem(field: str, message: str, texts: Texts) -> Html:
    # A clause of ours says by itself what it is about.
    return _clause(message, texts) if isinstance(message, Worded) else escaped(f"{field} {message}")


def _clause(reason: str, texts: Texts) -> Html:
    if not isinstance(reason, Worded):
        return escaped(reason)
    values = {
        name: texts.words["status"].get(str(value), value) if name in ("wanted", "now") else value
        for name, value in reason.values.items()
    }
    return texts.clause("refused", reason.key, **values)
