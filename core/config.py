"""Everything an operator can set, with its default and its bounds: TOML file, then environment, then nothing.

An unknown key is an error in both, because a misspelt `requre_tls` must not go unnoticed.
`config.example.toml` lists every key; a test compares.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from core import addresses
from core.chat.chat_settings import OfficeSection, TelegramSection
from core.errors import Invalid, Problem
from core.mail.mail_settings import ImapSection, MailSection, Section, SmtpSection
from core.vocabulary import Category, Priority

ENVIRONMENT_PREFIX = "DESKBELL_"
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
_NOT_A_KEY = {"DESKBELL_CONFIG"}


# Those of the sentences that the bot says (bot/texts; a test compares).
LANGUAGES = ("en", "de", "es", "fr", "pt", "ca")


class DeskSection(Section):
    name: str = Field("Support", min_length=1, max_length=80)
    public_url: str = ""
    data_dir: Path = Path("var")
    language: str = "en"
    secret: SecretStr = SecretStr("")

    @field_validator("public_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https:// (or be empty: where api.host and api.port lead)")
        return value.rstrip("/")

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, value: str) -> str:
        # Also with a region, as pt-BR.
        if value.partition("-")[0] not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret and (len(secret) < 32 or len(set(secret)) < 8):
            raise ValueError("must be at least 32 random characters (or empty: one is made in the data folder)")
        return value


class DatabaseSection(Section):
    url: str = ""

    @field_validator("url")
    @classmethod
    def _known_driver(cls, value: str) -> str:
        if value and not value.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite:///")):
            raise ValueError("must start with postgresql+asyncpg:// or sqlite+aiosqlite:/// (or be empty: SQLite)")
        return value


# The wire formats that the API can speak beside its own (api.contracts; a test compares).
ContractName = Literal["basic", "customer_support", "healthcare"]
# Those whose documents know no sign-in: whoever reaches them may do everything that they offer.
OPEN_CONTRACTS: frozenset[str] = frozenset({"basic", "customer_support"})


class Listener(Section):
    """A port at whose root one contract is served alone."""

    port: int = Field(ge=0, le=65535)
    contract: ContractName


class ApiSection(Section):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    token_minutes: int = Field(60, ge=1, le=1440)
    trusted_proxies: tuple[str, ...] = ()
    agents_see: Literal["all", "assigned"] = "all"
    agents_assign: bool = False
    require_if_match: bool = False
    cors_origins: tuple[str, ...] = ()
    max_connections: int = Field(500, ge=1)
    max_import_mb: int = Field(100, ge=1, le=1000)
    contracts: tuple[ContractName, ...] = ()
    listeners: tuple[Listener, ...] = ()
    contracts_act_as: str = Field("service", min_length=1)

    @property
    def open_contracts(self) -> tuple[str, ...]:
        """Those of the served contracts that let everybody in, each once."""
        named = (*self.contracts, *(listener.contract for listener in self.listeners))
        return tuple(name for name in dict.fromkeys(named) if name in OPEN_CONTRACTS)

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """As browsers write them: lower case, no path."""
        origins = tuple(one.lower().rstrip("/") for one in value)
        if wrong := [one for one in origins if not _ORIGIN.fullmatch(one)]:
            raise ValueError(
                f"not an origin: {', '.join(wrong)} (write https://host or https://host:port, no wildcards)"
            )
        return origins


class FormSection(Section):
    enabled: bool = True
    min_seconds: int = Field(2, ge=0, le=60)
    max_files: int = Field(10, ge=0, le=50)


class AttachmentsSection(Section):
    max_mb: int = Field(50, ge=1, le=500)
    extensions: tuple[str, ...] = (
        ".pdf", ".doc", ".docx", ".txt", ".rtf", ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".xls", ".xlsx", ".csv",
        ".ppt", ".pptx", ".zip", ".rar", ".7z", ".tar", ".gz",
    )  # fmt: skip

    @field_validator("extensions")
    @classmethod
    def _with_their_dots(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if not one.startswith(".")]:
            raise ValueError(f"must begin with a dot, such as .pdf: {', '.join(wrong)}")
        return value


class LimitsSection(Section):
    enabled: bool = True
    mails_per_sender_per_hour: int = Field(60, ge=1)
    automatic_mails_per_day: int = Field(3, ge=0)
    automatic_mails_per_hour: int = Field(500, ge=0)
    automatic_mails_per_domain_per_hour: int = Field(100, ge=1)
    api_per_minute: int = Field(1200, ge=1)
    logins_per_minute: int = Field(10, ge=1)
    forms_per_minute: int = Field(5, ge=1)
    chat_messages_per_minute: int = Field(30, ge=1)
    status_per_minute: int = Field(60, ge=1)


class WebhooksSection(Section):
    allow_private: bool = False
    timeout_seconds: int = Field(10, ge=1, le=60)
    retry_hours: int = Field(24, ge=1)
    disable_after_hours: int = Field(72, ge=1)


# Who a message may be from, and what a ticket may be tagged with (as long as core.door.TAG_LENGTH).
_SENDER = re.compile(r"[^\s<>@*][^\s<>*]*")
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S([^\x00-\x1f\x7f]*\S)?$")]


class RuleSection(Section):
    """What a desk has decided beforehand of tickets for which every condition that is given holds (core/learning/rules.py)."""

    name: str = Field("", max_length=60)
    senders: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    category: Category | None = None
    priority: Priority | None = None
    assignee: str = ""
    tags: tuple[Tag, ...] = ()

    @field_validator("senders")
    @classmethod
    def _are_senders(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Whoever writes in a chat has a number or a name there, and no mail address.
        if wrong := [one for one in value if not _SENDER.fullmatch(one) or ("@" in one and not addresses.normal(one))]:
            raise ValueError(f"no senders: {wrong} (write ann@example.com alone; of a whole domain, use domains)")
        return value

    @field_validator("domains")
    @classmethod
    def _are_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if addresses.normal(f"x@{one.removeprefix('@')}") is None]:
            raise ValueError(f"no domains: {wrong} (write example.com; what is below it belongs to it)")
        return value

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if addresses.normal(one) is None]:
            raise ValueError(f"no mail addresses: {wrong}")
        return value

    @field_validator("words")
    @classmethod
    def _are_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if "*" in one or not re.search(r"[^\W_]", one)]:
            raise ValueError(f"no words in {wrong}: write what stands in the ticket, word for word and without *")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> "RuleSection":
        if not (self.senders or self.domains or self.addresses or self.words):
            raise ValueError("a rule needs a condition: senders, domains, addresses or words")
        if not (self.category or self.priority or self.assignee or self.tags):
            raise ValueError("a rule needs something to say: category, priority, assignee or tags")
        return self


class ClassifySection(Section):
    review_below: float = Field(0.5, ge=0, le=1)
    act_from: float = Field(0.8, ge=0, le=1)
    duplicate_days: int = Field(7, ge=0, le=90)
    assign: dict[Category, str] = Field(default_factory=dict)
    tags: dict[Category, tuple[Tag, ...]] = Field(default_factory=dict)
    rules: tuple[RuleSection, ...] = ()


class RetentionSection(Section):
    deleted_days: int = Field(30, ge=0)
    closed_days: int = Field(0, ge=0)
    spam_days: int = Field(30, ge=0)


class LogSection(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


class Settings(Section):
    """The whole configuration. Frozen: what was read at the start holds until the process ends."""

    desk: DeskSection = DeskSection()
    database: DatabaseSection = DatabaseSection()
    api: ApiSection = ApiSection()
    smtp: SmtpSection = SmtpSection()
    mail: MailSection = MailSection()
    imap: ImapSection = ImapSection()
    telegram: TelegramSection = TelegramSection()
    office: OfficeSection = OfficeSection()
    form: FormSection = FormSection()
    attachments: AttachmentsSection = AttachmentsSection()
    limits: LimitsSection = LimitsSection()
    webhooks: WebhooksSection = WebhooksSection()
    classify: ClassifySection = ClassifySection()
    retention: RetentionSection = RetentionSection()
    log: LogSection = LogSection()

    @model_validator(mode="after")
    def _routes_and_rules_begin_here(self) -> "Settings":
        ours = self.our_addresses
        if wrong := [route.address for route in self.mail.routes if route.address not in ours]:
            raise ValueError(f"mail.routes: no address of this desk: {', '.join(wrong)} (see smtp.addresses)")
        named = [one for rule in self.classify.rules for one in rule.addresses]
        if wrong := [one for one in named if not addresses.is_ours(one, ours)]:
            raise ValueError(f"classify.rules: no address of this desk: {', '.join(wrong)} (see smtp.addresses)")
        return self

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite+aiosqlite:///{self.desk.data_dir / 'deskbell.sqlite3'}"

    @property
    def public_url(self) -> str:
        """Where customers reach the pages, without a slash at the end."""
        host = f"[{self.api.host}]" if ":" in self.api.host else self.api.host
        return self.desk.public_url or f"http://{host}:{self.api.port}"

    @property
    def our_addresses(self) -> frozenset[str]:
        return frozenset(self.smtp.addresses) | {self.from_address}

    @property
    def from_address(self) -> str:
        return self.mail.from_address.lower() or self.smtp.addresses[0]


def file(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Which file is read, if any. One that was named need not be there."""
    named = path or (Path(environment["DESKBELL_CONFIG"]) if environment.get("DESKBELL_CONFIG") else None)
    usual = Path("config.toml")
    return named or (usual if usual.exists() else None)


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from `path` (or $DESKBELL_CONFIG, or ./config.toml, or nothing) and the environment.

    Raises Invalid with every problem; a file that was named and is not there is one.
    """
    environment = os.environ if environment is None else environment
    read = file(path, environment)
    values = _read(read) if read else {}
    _overlay(values, environment)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise Invalid([_problem(e["loc"], e["type"], e["msg"], e.get("ctx", {})) for e in error.errors()]) from None


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(
            [Problem(str(file), f"cannot be read ({error.strerror}): check the path and its permissions")]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid([Problem(str(file), f"is not valid TOML: {error}")]) from None


def _overlay(values: dict[str, object], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_A_KEY:
            continue
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        inside = values.setdefault(section, {})
        if not isinstance(inside, dict) or not key:
            raise Invalid([Problem(name, "is no setting: it must read DESKBELL_<SECTION>__<KEY>")])
        inside[key] = _from_environment(value)


def _from_environment(value: str) -> object:
    """A list or a table is written as TOML (`["a", "b"]`, `{a = "b"}`); everything else is the text itself."""
    if not value.startswith(("[", "{")):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _problem(location: tuple[int | str, ...], kind: str, message: str, limits: Mapping[str, object]) -> Problem:
    where = ".".join(str(part) for part in location)
    if said := _WORDS.get(kind):
        return Problem(where, said.format(**limits))
    return Problem(where, message.removeprefix("Value error, "))


# What pydantic finds, by its name for it, in words for whoever writes the file.
_WORDS: Mapping[str, str] = {
    "extra_forbidden": "is no setting of Deskbell: see config.example.toml for all of them",
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "string_too_short": "must not be empty",
    "path_type": "must be a text in quotes",
    "tuple_type": 'must be a list, such as ["one", "two"] (in the environment too)',
    "too_short": "must name at least one",
    "dict_type": "must be a table: names and values in curly brackets",
    "model_type": "must be a section, in [square brackets]",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_too_long": "must have {max_length} characters or less",
    "string_pattern_mismatch": "must match {pattern}",
}
