"""What an operator can set about mail: the ways in (`[smtp]`, `[imap]`) and the way out (`[mail]`)."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core import addresses
from core.vocabulary import Category, Priority

SMTP_PORT = 25
# The name of a mailbox: printable ASCII, in which others are written by modified UTF-7 (RFC 9051, A.1).
_MAILBOX = r"^[\x20-\x7e]{0,200}$"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SmtpSection(Section):
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(8025, ge=0, le=65535)
    hostname: str = "localhost"
    addresses: tuple[str, ...] = Field(("support@localhost",), min_length=1)
    max_message_mb: int = Field(25, ge=1, le=200)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    require_tls: bool = False
    trusted_relays: tuple[str, ...] = ("127.0.0.1", "::1")
    proxy_protocol_from: tuple[str, ...] = ()
    authserv_id: str = ""
    bare_newlines: Literal["normalize", "reject"] = "normalize"
    max_connections: int = Field(200, ge=1)
    max_connections_per_ip: int = Field(20, ge=1)
    idle_seconds: int = Field(60, ge=1)
    session_seconds: int = Field(900, ge=5)
    lmtp_port: int | None = Field(None, ge=0, le=65535)
    lmtp_socket: Path | None = None

    @property
    def listens(self) -> bool:
        """Whether mail is taken at all, by SMTP or LMTP."""
        return self.enabled or self.lmtp_port is not None or self.lmtp_socket is not None

    @field_validator("addresses")
    @classmethod
    def _real_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(addresses.normal(one) for one in value)
        wrong = [given for given, one in zip(value, found, strict=True) if one is None or "*" in one]
        if wrong:
            raise ValueError(f"not a mail address: {', '.join(wrong)} (list each address in full, no wildcards)")
        return tuple(one for one in found if one)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "SmtpSection":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together: set both or neither")
        if self.require_tls and self.tls_cert is None:
            raise ValueError("require_tls needs tls_cert and tls_key")
        if self.lmtp_port == SMTP_PORT:
            raise ValueError("lmtp_port must not be 25, where everybody expects SMTP (RFC 2033)")
        return self


class MailRoute(Section):
    """What becomes of mail to one of our own addresses. `assignee` is a username; `join_by_subject`: core.mail.by_subject."""

    address: str
    category: Category | None = None
    priority: Priority | None = None
    tag: str = Field("", max_length=64)
    assignee: str = ""
    join_by_subject: bool = False

    @field_validator("address")
    @classmethod
    def _as_compared(cls, value: str) -> str:
        return value.strip().lower()


class MailSection(Section):
    relay: SecretStr = SecretStr("")
    from_address: str = ""
    acknowledge: Literal["all", "authenticated", "none"] = "all"
    retry_hours: int = Field(120, ge=1)
    max_message_mb: int = Field(20, ge=2, le=200)
    verp: bool = True
    templates: Path | None = None
    dkim_selector: str = Field("", pattern=r"^([A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.|$))*$", max_length=100)
    dkim_domain: str = ""
    dkim_key: Path | None = None
    reopen_days: int = Field(60, ge=0)
    copies: Literal["join", "ignore"] = "join"
    spam: Literal["believe", "ignore"] = "believe"
    forms: tuple[str, ...] = ()
    monitors: tuple[str, ...] = ()
    routes: tuple[MailRoute, ...] = ()

    @field_validator("forms", "monitors")
    @classmethod
    def _addresses_or_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        said = tuple(one.strip().lower().removeprefix("@") for one in value)
        if wrong := [one for one in said if addresses.normal(one if "@" in one else f"x@{one}") is None]:
            raise ValueError(f"neither a mail address nor a domain: {', '.join(wrong)}")
        return said

    @model_validator(mode="after")
    def _dkim_is_whole(self) -> "MailSection":
        if (self.dkim_key is None) != (not self.dkim_selector):
            raise ValueError("dkim_selector and dkim_key go together: set both or neither")
        return self

    @field_validator("relay")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        relay = value.get_secret_value()
        if relay and not relay.startswith(("smtp://", "smtps://")):
            raise ValueError("must look like smtp://user:password@host:587 or smtps://host:465 (or be empty)")
        return value

    @field_validator("from_address")
    @classmethod
    def _real_address(cls, value: str) -> str:
        if value and addresses.normal(value) is None:
            raise ValueError(
                "must be a mail address, such as support@example.com (or empty: the first of smtp.addresses)"
            )
        return value


class ImapSection(Section):
    host: str = ""
    port: int = Field(0, ge=0, le=65535)
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    user: str = ""
    password: SecretStr = SecretStr("")
    mailbox: str = Field("INBOX", pattern=_MAILBOX)
    after: Literal["seen", "move", "delete"] = "seen"
    move_to: str = Field("", pattern=_MAILBOX)
    poll_seconds: int = Field(60, ge=5, le=3600)

    @property
    def port_or_default(self) -> int:
        return self.port or (993 if self.tls == "implicit" else 143)

    @model_validator(mode="after")
    def _whole(self) -> "ImapSection":
        if self.host and not (self.user and self.password.get_secret_value()):
            raise ValueError("host needs user and password")
        if not (self.user + self.password.get_secret_value()).isascii():
            raise ValueError("user and password must be ASCII, which is all that IMAP's LOGIN takes")
        if self.tls == "none" and self.host not in ("", "localhost", "127.0.0.1", "::1"):
            raise ValueError('tls = "none" would send the password readable: it is for this machine alone')
        if self.after == "move" and not self.move_to:
            raise ValueError('after = "move" needs move_to')
        return self
