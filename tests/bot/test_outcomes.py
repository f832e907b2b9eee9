"""What each refusal of Telegram means for what was to be sent."""

import httpx
import pytest
from telegram import error as errors

from bot import outcomes
from bot.outcomes import Kind


def caused(error: errors.TelegramError, cause: Exception) -> errors.TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.RetryAfter(30), Kind.HOLD),
        (errors.ChatMigrated(-100600), Kind.MOVED),
        (errors.Forbidden("Forbidden: bot was blocked by the user"), Kind.UNREACHABLE),
        (errors.Forbidden("Forbidden: user is deactivated"), Kind.UNREACHABLE),
        (errors.BadRequest("Bad Request: chat not found"), Kind.UNREACHABLE),
        (errors.BadRequest("Bad Request: can't parse entities: Unsupported start tag"), Kind.UNPARSED),
        (errors.BadRequest("Bad Request: message is not modified: …"), Kind.NEEDLESS),
        (errors.BadRequest("Bad Request: query is too old and response timeout expired"), Kind.NEEDLESS),
        (errors.BadRequest("Bad Request: message to edit not found"), Kind.GONE),
        (errors.BadRequest("Bad Request: message thread not found"), Kind.NO_TOPIC),
        (errors.BadRequest("Bad Request: TOPIC_CLOSED"), Kind.TOPIC_CLOSED),
        (errors.BadRequest("Bad Request: TOPIC_NOT_MODIFIED"), Kind.NEEDLESS),
        (errors.BadRequest("Bad Request: PHOTO_INVALID_DIMENSIONS"), Kind.NO_PICTURE),
        (errors.BadRequest("Bad Request: something new"), Kind.FAILED),
        (errors.InvalidToken("Unauthorized"), Kind.AGAIN),
        (errors.NetworkError("Internal Server Error"), Kind.AGAIN),
        (caused(errors.NetworkError("httpx.ConnectError"), httpx.ConnectError("x")), Kind.AGAIN),
        (caused(errors.TimedOut(), httpx.PoolTimeout("x")), Kind.AGAIN),
        (caused(errors.TimedOut(), httpx.ReadTimeout("x")), Kind.UNKNOWN),
        (caused(errors.NetworkError("httpx.RemoteProtocolError"), httpx.RemoteProtocolError("x")), Kind.UNKNOWN),
        (caused(errors.NetworkError("Bad Gateway"), errors.TelegramError("Invalid server response")), Kind.UNKNOWN),
    ],
)
def test_what_it_means(error: errors.TelegramError, kind: Kind) -> None:
    assert outcomes.of(error).kind is kind


def test_it_carries_how_long_to_wait_and_where_a_group_went() -> None:
    assert outcomes.of(errors.RetryAfter(30)).seconds == 30
    assert outcomes.of(errors.ChatMigrated(-100600)).chat == "-100600"
