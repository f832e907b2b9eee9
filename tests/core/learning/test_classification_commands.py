"""`deskbell classify`, as an operator uses it."""

import asyncio
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

import deskbell
from core import tickets
from core.desk import Desk
from core.running.terminal import EX_DATAERR, EX_NOINPUT
from core.tickets import Revision
from core.vocabulary import Category, Priority
from tests.builders import a_mail, a_user

ROWS = [
    {"text": "Refund\nI was charged twice", "category": "billing_question", "priority": "high", "language": "en"},
    {"text": "Ich habe mein Passwort vergessen", "category": "account_access", "priority": "high", "language": "de"},
    {"text": "The printer is offline", "category": "bug_report"},
]


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    return Run(tmp_path)


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(f"[desk]\ndata_dir = '{folder / 'var'}'", encoding="utf-8")

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(deskbell.app, ["classify", *arguments, "--config", str(self.config)])

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)


def test_a_text_is_classified_without_a_desk_and_makes_none(run: Run) -> None:
    shown, data = run("Please refund the invoice"), run("Please refund the invoice", "--json")

    assert shown.stdout.startswith("billing_question")
    assert orjson.loads(data.stdout)["category"] == "billing_question"
    assert not (run.folder / "var").exists()


def test_a_file_is_evaluated(run: Run) -> None:
    name = run.file("known.jsonl", "\n".join(orjson.dumps(row).decode() for row in ROWS))

    found = orjson.loads(run("--evaluate", name, "--json").stdout)

    assert (found["tickets"], found["accuracy"], found["accuracy_with_defects_as_one"]) == (3, 0.6667, 1.0)
    assert found["by_language"] == {"de": 1.0, "en": 1.0}
    assert found["priority"]["tickets"] == 2
    assert "quadratic kappa" in run("--evaluate", name).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), EX_DATAERR),
        (("text", "--check"), EX_DATAERR),
        (("--evaluate", "no-such-file"), EX_NOINPUT),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(run: Run, arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).exit_code == code


def test_the_additions_of_a_desk_are_checked_and_mistakes_named(run: Run) -> None:
    good = run("--check", "--json")
    run.file("var/lexicon/en.toml", "[categories.refunds]\n3 = ['x']")
    bad = run("--check")

    assert orjson.loads(good.stdout)["languages"]["en"] > 1_000
    assert bad.exit_code == EX_DATAERR
    assert "en.toml: categories.refunds unknown" in bad.stderr


def test_a_file_by_which_no_text_can_be_told_is_named(run: Run) -> None:
    run.file("var/lexicon/EN.toml", "[categories.other]\n3 = ['flurble']")
    run.file("var/lexicon/nl.toml", "markers = ['ik', 'mijn']\n[categories.other]\n3 = ['flurble']")

    found = run("--check")

    assert found.exit_code == 0
    assert "EN: 1 phrases of this desk, hardly ever read: a language of its own, without markers" in found.stdout
    assert "nl: 1 phrases of this desk\n" in found.stdout


def test_a_text_is_classified_as_the_desks_rules_have_it(run: Run) -> None:
    run.config.write_text(
        run.config.read_text(encoding="utf-8")
        + """
        [smtp]
        addresses = ["support@desk.test", "sales@desk.test"]
        [[classify.rules]]
        name = "the bank"
        domains = ["bank.test"]
        words = ["chargeback"]
        category = "billing_question"
        tags = ["bank"]
        [[classify.rules]]
        addresses = ["sales@desk.test"]
        priority = "low"
        """,
        encoding="utf-8",
    )

    alone = run("A chargeback came")
    theirs = orjson.loads(
        run("A chargeback came", "--from", "Ann@bank.test", "--to", "sales@desk.test", "--json").stdout
    )

    assert "By the bank" not in alone.stdout
    assert (theirs["category"], theirs["priority"], theirs["confidence"]) == ("billing_question", "low", 1.0)
    assert theirs["tags"] == ["bank"]
    assert "tags: bank" in run("A chargeback came", "--from", "ann@bank.test").stdout


def test_a_new_desk_reports_that_nobody_has_decided_anything(run: Run) -> None:
    assert "Nobody has corrected" in run("--report").stdout
    assert orjson.loads(run("--learned", "--json").stdout)["lessons"] == []
    assert run("--undo", "7").exit_code == 1
    assert run("--undo", str(2**63)).exit_code == 2


async def decided(desk: Desk, text: str, revision: Revision) -> None:
    """By bob, of a ticket that says this."""
    bob = await a_user(desk, "bob")
    receipt = await desk.receive(a_mail(subject="Zebra ledger", text=text))
    async with desk.writing() as connection:
        assert receipt.ticket_id
        ticket = await tickets.by_id(connection, receipt.ticket_id)
        assert ticket
        await tickets.change(connection, ticket, revision, by=bob.actor, now=desk.clock())


async def of_desk(run: Run, desk: Desk, *asked: str) -> str:
    run.config.write_text(f"[desk]\ndata_dir = '{desk.settings.desk.data_dir}'", encoding="utf-8")
    return (await asyncio.to_thread(run, *asked)).stdout


async def test_a_lesson_tells_what_was_changed(run: Run, desk: Desk) -> None:
    await decided(desk, "The zebra ledger shows another shape", Revision(priority=Priority.URGENT))

    assert "corrected  other  medium → urgent  bob" in await of_desk(run, desk, "--learned")


async def test_small_words_are_shown_as_people_write_them_with_the_little_that_they_say(run: Run, desk: Desk) -> None:
    await decided(desk, "Where is the zebra ledger?", Revision(category=Category.BILLING_QUESTION))

    shown = orjson.loads(await of_desk(run, desk, "--learned", "--json"))["words"]["billing_question"]

    assert list(shown)[:2] == ["zebra", "ledger*"]
    assert set(shown) - {"zebra", "ledger*"} == {"where*", "is", "the"}
    # Taught three tenths of what a word is, and heard with three tenths of its voice.
    assert shown["where*"] == pytest.approx(0.3 * 0.3 * shown["zebra"], abs=0.002)
