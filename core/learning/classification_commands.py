"""`deskbell classify`: what the desk would make of a text, how good that is, and what it has learned."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from heapq import nlargest
from pathlib import Path
from typing import Annotated

import typer

from core.classify import evaluation, library
from core.classify.model import Learned
from core.classify.phrasebook import Lexicon
from core.classify.terms import QUIET, SMALL, written
from core.config import Settings
from core.desk import Desk
from core.errors import Invalid
from core.learning import lessons
from core.learning.judge import Judge
from core.learning.lessons import Taught
from core.messages import InboundMessage, Sender
from core.running import terminal
from core.running.terminal import EX_DATAERR, EX_NOINPUT, Config, Json
from core.vocabulary import Category, Channel

# Of what was learned so many words a category are shown, and of the lessons so many.
WORDS_SHOWN, LESSONS_SHOWN = 12, 50


def join(app: typer.Typer) -> None:
    app.command("classify")(classify)


def classify(
    text: Annotated[str, typer.Argument(help="What a customer wrote.")] = "",
    subject: Annotated[str, typer.Option(help="Its subject.")] = "",
    sender: Annotated[str, typer.Option("--from", help="Who wrote it, for the desk's rules.")] = "",
    to: Annotated[str, typer.Option(help="To which address of ours, for the same.")] = "",
    evaluate: Annotated[str, typer.Option(help="A file of tickets whose answers are known, one JSON a line.")] = "",
    report: Annotated[bool, typer.Option("--report", help="How people's decisions agree with the desk's.")] = False,
    learned: Annotated[bool, typer.Option("--learned", help="The lessons, and the words learned from them.")] = False,
    undo: Annotated[
        int, typer.Option(max=2**63 - 1, help="Take back this lesson: from now on it teaches nothing.")
    ] = 0,
    check: Annotated[bool, typer.Option("--check", help="Check the lexicon and what this desk adds to it.")] = False,
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """Say what a text is about, and why; check, measure and explain how the desk knows."""
    asked = [bool(text or subject), bool(evaluate), report, learned, bool(undo), check]
    if sum(asked) != 1:
        terminal.stop("give a text, or one of --evaluate, --report, --learned, --undo and --check", EX_DATAERR)
    if check:
        _check(terminal.settings(config_path), as_json=as_json)
    elif evaluate:
        _evaluate(evaluate, config_path, as_json=as_json)
    elif report or learned:
        show = partial(_show_report if report else _show_learned, as_json=as_json)
        terminal.with_desk(config_path, show)
    elif undo:
        terminal.with_desk(config_path, partial(_undo, number=undo))
    else:
        _say(_judge(config_path), _mail(subject, text, sender, to), as_json=as_json)


def _judge(config_path: Path | None) -> Judge:
    """As this desk judges now; where there is no desk yet, as a new one would."""
    settings = terminal.settings(config_path)
    if not settings.database.url and not Path(settings.database_url.partition(":///")[2]).exists():
        with terminal.errors_as_sentences():
            return Judge(settings.classify, library=library.of_desk(settings.desk.data_dir))

    async def work(desk: Desk) -> Judge:
        return desk.judge

    return terminal.with_desk(config_path, work)


def _mail(subject: str, text: str, sender: str, to: str) -> InboundMessage:
    """The text as it would come in, in so far as rules look at it."""
    of = Sender(Channel.EMAIL, sender.strip().lower())
    return InboundMessage(Channel.EMAIL, of, subject, text, raw=b"", dedupe_key="", recipients=(to,) if to else ())


def _say(judge: Judge, message: InboundMessage, *, as_json: bool) -> None:
    judged = judge.of_message(message)
    found, tags = judged.classification, list(dict.fromkeys(judged.tags))
    if as_json:
        shown = {"needs_review": judged.needs_review, "assigned_to": judged.assignee or None, "tags": tags}
        terminal.print_json({**asdict(found), **shown})
        return
    typer.echo(f"{found.category}  {found.priority}  {found.confidence:.2f}")
    typer.echo(found.reasoning)
    if judged.assignee:
        typer.echo(f"assigned to: {judged.assignee}")
    if tags:
        typer.echo(f"tags: {', '.join(tags)}")
    if judged.needs_review:
        typer.echo("needs review")


def _check(settings: Settings, *, as_json: bool) -> None:
    """Exits 65 with every mistake."""
    problems = []
    try:
        added = library.additions(settings.desk.data_dir)
        ours = library.standard()
        known = {name: ours.lexicon(name) for name in sorted(ours.languages)}
    except Invalid as error:
        problems = [f"{problem.field} {problem.message}" for problem in error.problems]
    if problems:
        for problem in problems:
            typer.echo(problem, err=True)
        raise typer.Exit(EX_DATAERR)
    sizes = {name: _phrases(lexicon) for name, lexicon in known.items()}
    if as_json:
        theirs = {lexicon.language: _phrases(lexicon) for lexicon in added}
        terminal.print_json({"languages": sizes, "additions": theirs, "folder": _folder(settings)})
        return
    typer.echo("\n".join(f"{name}: {size} phrases" for name, size in sizes.items()))
    typer.echo("\n".join(_addition(lexicon, sizes) for lexicon in added) or _no_additions(settings))


def _phrases(lexicon: Lexicon) -> int:
    return len(lexicon.categories) + len(lexicon.signals)


def _addition(lexicon: Lexicon, ours: Collection[str]) -> str:
    told = f"{lexicon.language}: {_phrases(lexicon)} phrases of this desk"
    if lexicon.language in ours or lexicon.markers:
        return told
    # Most often a misspelt name of one of ours.
    return f"{told}, hardly ever read: a language of its own, without markers (ours are {', '.join(ours)})"


def _folder(settings: Settings) -> str:
    return str((settings.desk.data_dir / library.ADDITIONS).resolve())


def _no_additions(settings: Settings) -> str:
    return f"This desk adds nothing: its own phrases would stand in {_folder(settings)}, as en.toml, de.toml …"


def _evaluate(name: str, config_path: Path | None, *, as_json: bool) -> None:
    try:
        with Path(name).open("rb") as lines:
            examples = evaluation.examples(lines)
    except OSError as error:
        terminal.stop(f"{name}: {error.strerror}: name a file with one JSON object a line", EX_NOINPUT)
    except Invalid as error:
        terminal.stop("\n".join(f"{name}: {p.field} {p.message}" for p in error.problems), EX_DATAERR)
    judge = _judge(config_path)
    # The first text of a language puts its words together, once in the life of a process.
    for example in examples:
        judge.of_text(example.subject, example.body)
    found = evaluation.report(evaluation.judged(examples, judge.of_text))
    if as_json:
        terminal.print_json(asdict(found))
    else:
        typer.echo("\n".join(_told(found)))


def _told(found: evaluation.Report) -> Iterable[str]:
    yield f"{found.tickets} tickets"
    yield f"accuracy           {found.accuracy:.3f}   (technical_issue and bug_report as one: {found.accuracy_with_defects_as_one:.3f})"
    yield f"macro-F1           {found.macro_f1:.3f}"
    yield f"calibration error  {found.calibration_error:.3f}"
    yield from (
        f"confidence ≥ {c.threshold:.1f}   {c.share:.3f} of them, accuracy {c.accuracy:.3f}" for c in found.coverage
    )
    for title, groups in (("language", found.by_language), ("source", found.by_source)):
        if len(groups) > 1:
            yield f"accuracy by {title}: " + ", ".join(f"{name} {share:.3f}" for name, share in groups.items())
    yield from _table("category", found.confusion, list(Category))
    if found.priority:
        p = found.priority
        yield f"priority           accuracy {p.accuracy:.3f}, quadratic kappa {p.kappa:.3f} ({p.tickets} tickets)"
        yield f"urgent             found {p.urgent_found:.3f}, right {p.urgent_right:.3f}"
        yield from _table("priority", p.confusion, ["urgent", "high", "medium", "low"])
    yield f"time a ticket      p50 {found.milliseconds_p50:.3f} ms, p99 {found.milliseconds_p99:.3f} ms"


def _table(title: str, confusion: Mapping[str, Mapping[str, int]], names: Iterable[str]) -> Iterable[str]:
    columns = [str(name) for name in names]
    yield f"{title + ' (in truth ↓, found →)':32}" + "".join(f"{name[:9]:>10}" for name in columns)
    for true in columns:
        yield f"{true:32}" + "".join(f"{confusion.get(true, {}).get(found, 0):>10}" for found in columns)


async def _show_report(desk: Desk, *, as_json: bool) -> None:
    rows = await desk.database.look(lessons.decided)
    found = lessons.report(rows)
    if as_json:
        accuracies = [{**asdict(month), "accuracy": month.accuracy} for month in found.months]
        trust = desk.judge.learned.trust
        terminal.print_json(
            {**asdict(found), "months": accuracies, "accuracy": found.accuracy, "trust": round(trust, 2)}
        )
        return
    if not found.decided:
        typer.echo("Nobody has corrected or closed a classified ticket yet.")
        return
    typer.echo(
        f"{found.decided} tickets that people decided about; {found.accuracy:.3f} had the category that they gave them"
    )
    typer.echo(f"priority: {found.priority_right / found.priority_decided:.3f}; lessons undone: {found.undone}")
    typer.echo(f"of what was learned {desk.judge.learned.trust:.0%} is believed")
    for month in found.months:
        typer.echo(
            f"{month.month}   {month.decided:6} decided   {month.corrected:6} corrected   accuracy {month.accuracy:.3f}"
        )
    typer.echo("\n".join(_table("category", found.confusion, list(Category))))


async def _show_learned(desk: Desk, *, as_json: bool) -> None:
    rows = await desk.database.look(lessons.newest)
    words = _words(desk.judge.learned)
    shown = [_row(row) for row in rows[-LESSONS_SHOWN:]]
    if as_json:
        terminal.print_json({"trust": round(desk.judge.learned.trust, 2), "words": words, "lessons": shown})
        return
    typer.echo(
        f"{len(lessons.counting(rows))} lessons count; of what they say {desk.judge.learned.trust:.0%} is believed"
    )
    for category, known in words.items():
        typer.echo(f"{category:18} " + ", ".join(f"{word} {weight:+.2f}" for word, weight in known.items()))
    for row in shown:
        typer.echo("  ".join(str(value) for value in row.values() if value is not None))


def _words(learned: Learned) -> dict[str, dict[str, float]]:
    """The beginnings of words that say most, by category, with the voice that each has."""
    said = {stem: QUIET if stem.startswith(SMALL) else 1.0 for stem in learned.weights}
    found: dict[str, dict[str, float]] = {}
    for place, category in enumerate(Category):
        weights = {stem: voice * learned.weights[stem][place] for stem, voice in said.items()}
        strongest = nlargest(WORDS_SHOWN, weights, key=weights.__getitem__)
        found[category.value] = {written(stem): round(weights[stem], 3) for stem in strongest if weights[stem] > 0}
    return found


def _row(row: Taught) -> dict[str, object]:
    return {
        "number": row.number,
        "at": row.at.isoformat(timespec="seconds"),
        "kind": row.kind,
        "category": _from_to(row.was_category, row.category) or row.category,
        "priority": _from_to(row.was_priority, row.priority),
        "actor": row.actor,
        "undoes": row.undoes,
    }


def _from_to(old: str | None, new: str | None) -> str | None:
    return f"{old} → {new}" if old != new else None


async def _undo(desk: Desk, *, number: int) -> None:
    async with desk.writing() as connection:
        await lessons.undo(connection, number, by="command line", now=desk.clock())
    typer.echo(f"Lesson {number} teaches nothing any more.")
