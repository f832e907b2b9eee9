"""Settings from file and environment: what is taken, and that nothing misspelt or impossible goes unnoticed."""

from pathlib import Path

import pytest

from core import config
from core.config import Settings
from core.errors import Invalid


def problems(path: Path | None = None, **environment: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        config.load(path, environment)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.usefixtures("here")
def test_no_file_at_all_is_fine() -> None:
    assert config.load(None, {}) == Settings()


def test_the_file_in_the_working_folder_is_read(here: Path) -> None:
    write(here, "[desk]\nname = 'Helpdesk'")

    assert config.load(None, {}).desk.name == "Helpdesk"


def test_a_named_file_comes_before_the_environments_and_that_before_the_folders(here: Path) -> None:
    write(here, "[desk]\nname = 'folder'")
    named, pointed = (write(here, f"[desk]\nname = '{name}'", name) for name in ("named", "pointed"))

    environment = {"DESKBELL_CONFIG": str(pointed)}

    assert config.load(named, environment).desk.name == "named"
    assert config.load(None, environment).desk.name == "pointed"
    assert config.load(None, {"DESKBELL_CONFIG": ""}).desk.name == "folder"


def test_the_file_that_is_read_is_known(here: Path) -> None:
    assert config.file(None, {}) is None
    usual = write(here, "").relative_to(here)

    assert config.file(None, {}) == usual
    assert config.file(None, {"DESKBELL_CONFIG": "pointed.toml"}) == Path("pointed.toml")
    assert config.file(Path("named.toml"), {"DESKBELL_CONFIG": "pointed.toml"}) == Path("named.toml")


@pytest.mark.usefixtures("here")
def test_the_environment_overrides_the_file(here: Path) -> None:
    write(here, "[smtp]\nport = 25\nhost = '::1'")

    found = config.load(None, {"DESKBELL_SMTP__PORT": "2525", "DESKBELL_API__AGENTS_ASSIGN": "true", "OTHER": "x"})

    assert (found.smtp.port, found.smtp.host, found.api.agents_assign) == (2525, "::1", True)


def test_lists_in_the_environment_are_written_as_in_the_file() -> None:
    found = config.load(None, {"DESKBELL_SMTP__ADDRESSES": '["Help@Desk.test", "b@desk.test"]'})

    assert found.smtp.addresses == ("help@desk.test", "b@desk.test")


def test_tables_in_the_environment_are_written_as_in_the_file() -> None:
    found = config.load(None, {"DESKBELL_CLASSIFY__ASSIGN": '{billing_question = "anna"}'})

    assert found.classify.assign == {"billing_question": "anna"}


def test_a_port_for_a_contract_can_be_set_in_the_environment() -> None:
    found = config.load(None, {"DESKBELL_API__LISTENERS": '[{port = 5000, contract = "basic"}]'})

    assert found.api.listeners == (config.Listener(port=5000, contract="basic"),)
    assert found.api.open_contracts == ("basic",)


def test_a_text_that_begins_like_a_list_stays_a_text() -> None:
    assert config.load(None, {"DESKBELL_DESK__NAME": "[Support"}).desk.name == "[Support"


def test_a_named_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")

    assert "cannot be read" in problems(Path(missing))[missing]
    assert "cannot be read" in problems(None, DESKBELL_CONFIG=missing)[missing]


@pytest.mark.parametrize("text", ["[desk", "name = 'a'\nname = 'b'", "desk = \udc80"])
def test_a_file_that_is_no_toml_is_a_problem(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    assert "is not valid TOML" in problems(file)[str(file)]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = write(
        tmp_path, "[smtp]\nrequre_tls = true\nport = 70000\n[desk]\npublic_url = 'desk.test'\n[smpt]\nport = 1"
    )

    found = problems(file)

    assert set(found) == {"smtp.requre_tls", "smtp.port", "desk.public_url", "smpt"}
    assert "is no setting of Deskbell" in found["smtp.requre_tls"]
    assert "is no setting of Deskbell" in found["smpt"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("DESKBELL_SMTP__REQURE_TLS", "is no setting of Deskbell"),
        ("DESKBELL_SMPT__PORT", "is no setting of Deskbell"),
        ("DESKBELL_PORT", "must read DESKBELL_<SECTION>__<KEY>"),
        ("DESKBELL_SMTP_PORT", "must read DESKBELL_<SECTION>__<KEY>"),
    ],
)
def test_a_misspelt_variable_is_a_problem(name: str, part: str) -> None:
    [message] = problems(None, **{name: "1"}).values()

    assert part in message


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("desk", "public_url", "ftp://desk.test"),
        ("desk", "secret", "too short"),
        ("desk", "secret", "a" * 64),
        ("desk", "name", ""),
        ("desk", "language", "xx"),
        ("database", "url", "mysql://x"),
        ("database", "url", "postgresql://without-our-driver/x"),
        ("api", "port", "-1"),
        ("api", "agents_see", "some"),
        ("api", "contracts", '["no-such"]'),
        ("api", "listeners", '[{port = 5000, contract = "no-such"}]'),
        ("api", "listeners", "[{port = 5000}]"),
        ("api", "contracts_act_as", ""),
        ("smtp", "addresses", "[]"),
        ("smtp", "addresses", '["@desk.test"]'),
        ("smtp", "addresses", '["*@desk.test"]'),
        ("smtp", "max_message_mb", "0"),
        ("smtp", "bare_newlines", "keep"),
        ("mail", "relay", "mail.test:587"),
        ("mail", "from_address", "Support Desk"),
        ("mail", "acknowledge", "some"),
        ("log", "level", "loud"),
    ],
)
def test_a_value_that_cannot_work_is_a_problem_of_its_key(section: str, key: str, value: str) -> None:
    [field] = problems(None, **{f"DESKBELL_{section}__{key}".upper(): value})

    assert field.startswith(f"{section}.{key}")


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("[smtp]\nport = 'x'", "smtp.port", "must be a whole number"),
        ("[smtp]\nport = 70000", "smtp.port", "must be 65535 or less"),
        ("[smtp]\nmax_message_mb = 0", "smtp.max_message_mb", "must be 1 or more"),
        ("[smtp]\nenabled = 'perhaps'", "smtp.enabled", "must be true or false"),
        ("[smtp]\nhost = 5", "smtp.host", "must be a text in quotes"),
        ("[smtp]\naddresses = 'a@desk.test'", "smtp.addresses", 'must be a list, such as ["one", "two"]'),
        ("[smtp]\naddresses = []", "smtp.addresses", "must name at least one"),
        ("[[smtp]]\nport = 25", "smtp", "must be a section, in [square brackets]"),
        ("[classify]\nassign = 'bob'", "classify.assign", "must be a table"),
        ("[classify]\nreview_below = 'often'", "classify.review_below", "must be a number"),
        ("[log]\nlevel = 'loud'", "log.level", "must be 'debug', 'info', 'warning' or 'error'"),
        ("[desk]\nname = ''", "desk.name", "must not be empty"),
        ("[desk]\nname = '" + "x" * 81 + "'", "desk.name", "must have 80 characters or less"),
        ("[api]\nlisteners = [{port = 5000}]", "api.listeners.0.contract", "is missing"),
        ("[attachments]\nextensions = ['pdf']", "attachments.extensions", "must begin with a dot, such as .pdf"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_whoever_writes_the_file(
    text: str, field: str, words: str, tmp_path: Path
) -> None:
    assert problems(write(tmp_path, text))[field].startswith(words)


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"tls_cert": "a.pem"}, "go together"),
        ({"tls_key": "a.pem"}, "go together"),
        ({"require_tls": "true"}, "needs tls_cert"),
    ],
)
def test_tls_is_whole_or_not_at_all(keys: dict[str, str], part: str) -> None:
    found = problems(None, **{f"DESKBELL_SMTP__{key.upper()}": value for key, value in keys.items()})

    assert part in found["smtp"]


def test_a_problem_never_repeats_a_secret() -> None:
    found = problems(None, DESKBELL_DESK__SECRET="hunter2", DESKBELL_MAIL__RELAY="http://u:hunter2@mail.test")

    assert set(found) == {"desk.secret", "mail.relay"}
    assert "hunter2" not in str(found)


def test_settings_never_show_their_secrets() -> None:
    found = config.load(
        None, {"DESKBELL_MAIL__RELAY": "smtp://u:hunter2@mail.test", "DESKBELL_DESK__SECRET": "0123456789" * 4}
    )

    assert "hunter2" not in repr(found)
    assert "0123456789" not in repr(found)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().desk.name = "other"  # type: ignore[misc]


def test_what_follows_from_other_settings() -> None:
    plain = config.load(None, {"DESKBELL_SMTP__ADDRESSES": '["a@desk.test", "b@desk.test"]'})
    chosen = config.load(
        None, {"DESKBELL_MAIL__FROM_ADDRESS": "Desk@Desk.test", "DESKBELL_DESK__PUBLIC_URL": "https://d.test/"}
    )

    assert plain.from_address == "a@desk.test"
    assert plain.database_url == "sqlite+aiosqlite:///var/deskbell.sqlite3"
    assert (chosen.from_address, chosen.desk.public_url) == ("desk@desk.test", "https://d.test")
    assert chosen.our_addresses == {"desk@desk.test", "support@localhost"}


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("TOKEN", "123456789", "the whole token that @BotFather gave you"),
        ("TOKEN", "123456789:too-short", "the whole token that @BotFather gave you"),
        ("API_BASE_URL", "api.telegram.org", "must start with http:// or https://"),
        ("WEBHOOK_SECRET", "not safe in a header!", "must be 16 to 256 of A-Z"),
        ("WEBHOOK_PATH", "no-slash", "must match"),
        ("STAFF_CHAT_ID", "@agents", "a whole number"),
    ],
)
def test_what_telegram_could_not_use_is_a_problem_that_repeats_no_secret(key: str, value: str, part: str) -> None:
    [message] = problems(None, **{f"DESKBELL_TELEGRAM__{key}": value}).values()

    assert part in message
    assert value not in message


def test_the_number_of_the_bot_is_the_part_of_its_token_that_is_no_secret() -> None:
    telegram = config.load(None, {"DESKBELL_TELEGRAM__TOKEN": "123456789:" + "x" * 35}).telegram

    assert (telegram.enabled, telegram.bot_id) == (True, 123456789)
    assert (config.Settings().telegram.enabled, config.Settings().telegram.bot_id) == (False, 0)
