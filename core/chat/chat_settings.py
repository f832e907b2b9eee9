"""What an operator can set about chats (`[telegram]`), and about when somebody is there (`[office]`)."""

import re
from datetime import UTC, date, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from core import office_hours
from core.mail.mail_settings import Section
from core.office_hours import Week

# As BotFather gives it out. `core.running.logs` knows it by the same form, so that none ever stands in a log.
_BOT_TOKEN = re.compile(r"[0-9]{8,10}:[A-Za-z0-9_-]{35}")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class TelegramSection(Section):
    token: SecretStr = SecretStr("")
    mode: Literal["polling", "webhook"] = "polling"
    api_base_url: str = "https://api.telegram.org"
    webhook_path: str = Field("/telegram/webhook", pattern=r"^/[A-Za-z0-9_/-]{1,100}$")
    webhook_secret: SecretStr = SecretStr("")
    staff_chat_id: int = 0
    bot_name: str = Field("", pattern=r"^[A-Za-z0-9_]{0,32}$")
    grouping_seconds: int = Field(120, ge=0, le=86400)
    digest_at: tuple[str, ...] = ()
    digest_after_hours: int = Field(4, ge=1, le=720)

    @property
    def enabled(self) -> bool:
        return bool(self.token.get_secret_value())

    @property
    def bot_id(self) -> int:
        """The number that Telegram gave the bot: the part of the token that is no secret."""
        return int(self.token.get_secret_value().partition(":")[0] or 0)

    @field_validator("token")
    @classmethod
    def _whole_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _BOT_TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError(
                "must be the whole token that @BotFather gave you, a number, a colon and 35 characters (or be empty)"
            )
        return value

    @field_validator("digest_at")
    @classmethod
    def _are_times(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if not _TIME_OF_DAY.fullmatch(one)]:
            raise ValueError(f"not a time of day: {', '.join(wrong)} (write 09:00)")
        return value

    @field_validator("api_base_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("webhook_secret")
    @classmethod
    def _as_telegram_takes_it(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _WEBHOOK_SECRET.fullmatch(value.get_secret_value()):
            raise ValueError(
                "must be 16 to 256 of A-Z, a-z, 0-9, _ and - (or empty: one is made from the desk's secret)"
            )
        return value


class OfficeSection(Section):
    """When somebody is there (core/office_hours.py). No hours: always."""

    hours: tuple[str, ...] = ()
    timezone: str = "UTC"
    closed: tuple[date, ...] = ()
    away_text: str = Field("", max_length=1000)

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            office_hours.spans(one)
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            _zone(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"{value!r} is no timezone that this system knows (such as Europe/Berlin; package tzdata)"
            ) from None
        return value

    @property
    def zone(self) -> tzinfo:
        return _zone(self.timezone)

    @property
    def week(self) -> Week:
        spans = tuple(span for one in self.hours for span in office_hours.spans(one))
        return Week(spans, self.zone, frozenset(self.closed))


def _zone(name: str) -> tzinfo:
    # UTC is there on systems that have no data of timezones, too.
    return UTC if name == "UTC" else ZoneInfo(name)
