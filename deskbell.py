"""Deskbell's composition root and command line: the only module that knows every other.

Exit codes: 0 done, 1 a fault was found or something failed, 65 to 78 as in sysexits.h (75: try again later).
"""

import sys
from pathlib import Path

# An installed Deskbell keeps its folders in a private one: packages called `api` and `core` are other people's.
sys.path.insert(0, str(Path(__file__).with_name("_deskbell")))

# Whoever feeds mails to it waits for the first answer, and all that follows takes a second to load.
if sys.argv[1:] == ["explain", "--stdin"]:
    from ingest import explain_lines

    explain_lines.run()
    sys.exit()

from core.running import lean

lean.begin()

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from core import config, snoozing
from core.config import Settings
from core.desk import Desk, opened
from core.finding import indexer
from core.learning import classification_commands, second_look
from core.running import commands as desk_commands
from core.running import greeting, logs, terminal
from core.running.terminal import EX_CONFIG, Config, Json
from ingest import commands as mail_commands
from ingest import mail_pipe, policy_commands, ticket_commands

if TYPE_CHECKING:
    from aiohttp.web import Application

    from ingest.smtp import Mailroom

lean.end()

log = structlog.get_logger()

PARTS = ("api", "smtp", "imap", "outbox", "bot")
STOP_SECONDS = 20

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A support desk that starts where the customer already is.",
)
mail_commands.join(app)
desk_commands.join(app)
ticket_commands.join(app)
policy_commands.join(app)
classification_commands.join(app)


def main() -> None:
    # Whatever is made (database, mails, backups) is for the desk's own user.
    os.umask(0o077)
    try:
        app()
    except SystemExit as end:
        raise SystemExit(mail_pipe.usage_may_pass(end.code, sys.argv[1:])) from None


@app.command()
def serve(
    config_path: Config = None,
    demo: Annotated[bool, typer.Option("--demo", help="With users, tickets and mails, in ./var-demo.")] = False,
    only: Annotated[str, typer.Option(help=f"Some parts only, of {','.join(PARTS)} (comma-separated).")] = "",
) -> None:
    """Receive mail and chat, serve the form and the API, deliver what agents answer."""
    settings = terminal.settings(config_path)
    parts = _parts(only)
    if demo:
        from ingest import demo as samples

        with terminal.errors_as_sentences():
            settings = samples.settings(settings)
    logs.set_up(settings.log.level, settings.log.format)
    _refuse_unsafe(settings)
    raise typer.Exit(terminal.serve(_serve(settings, parts, demo=demo)))


@app.command()
def chat(
    name: Annotated[str, typer.Option("--as", help="Who speaks: the name of an account, or anybody's.")] = "me",
    config_path: Config = None,
) -> None:
    """Speak with the desk in this terminal, as customers and agents do in Telegram."""

    async def work(desk: Desk) -> None:
        from bot import console

        await console.chat(desk, name.lower(), read=input, write=typer.echo)

    terminal.with_desk(config_path, work)


def _parts(only: str) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in only.split(",") if part.strip()) or frozenset(PARTS)
    if unknown := wanted - set(PARTS):
        terminal.stop(f"--only knows {', '.join(PARTS)}, not {', '.join(sorted(unknown))}", EX_CONFIG)
    return wanted


def _refuse_unsafe(settings: Settings) -> None:
    from core.running import doubts

    for finding in doubts.refusals(settings):
        terminal.stop(f"{finding.what}: {finding.advice}", EX_CONFIG)


@app.command()
def doctor(config_path: Config = None, as_json: Json = False) -> None:
    """Look at configuration, folder, database, ports, relay, Telegram, clock and disk; say what to do. Exits 1 on a fault."""
    from bot import doctor as chat_doctor
    from core.running import doctor as desk_doctor
    from core.running.findings import Finding
    from ingest import doctor as mail_doctor

    settings = terminal.settings(config_path)

    async def examine() -> list[Finding]:
        return [finding for one in (desk_doctor, mail_doctor, chat_doctor) for finding in await one.examine(settings)]

    found = desk_doctor.configuration(config.file(config_path), settings) + asyncio.run(examine())
    if as_json:
        terminal.print_json(found)
    else:
        for finding in found:
            advice = f": {finding.advice}" if finding.advice else ""
            typer.echo(f"{finding.level:8} {finding.what}{advice}")
    raise typer.Exit(any(finding.level == "fault" for finding in found))


async def _serve(settings: Settings, parts: frozenset[str], *, demo: bool) -> int:
    async with opened(settings) as desk:
        if demo:
            from ingest import demo as samples

            await samples.fill(desk)
        stopped = _signalled()
        async with _serving(desk, parts) as running:
            await _greet(desk, running, demo=demo)
            _set_up_interpreter()
            tasks = [task for task in (desk.writer, *running.watched) if task is not None]
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            dead = [task for task in tasks if task.done()]
        for task in dead:
            # A desk without its writer or courier only looks alive: end, and let the supervisor start it again.
            error = None if task.cancelled() else task.exception()
            log.critical("background_task_ended", task=task.get_name(), exc_info=error)
        stopped.cancel()
    return 1 if dead else 0


def _set_up_interpreter() -> None:
    # The thread that files a batch computes; the loop only ever wants the interpreter for a moment, many times. At the
    # default of 5 ms it would wait for it longer than for the disk.
    sys.setswitchinterval(0.0005)
    gc.freeze()


@dataclass(slots=True)
class Running:
    """What listens where; None: not in this process."""

    api_port: int | None = None
    contract_ports: list[tuple[str, int]] = field(default_factory=list)
    courier: asyncio.Task[None] | None = None
    webhooks: asyncio.Task[None] | None = None
    indexer: asyncio.Task[None] | None = None
    imap: asyncio.Task[None] | None = None
    waking: asyncio.Task[None] | None = None
    bot: asyncio.Task[None] | None = None
    # Set by the webhook of Telegram, where that is in this process.
    chats_stir: asyncio.Event = field(default_factory=asyncio.Event)
    second_look: asyncio.Task[None] | None = None
    mailroom: "Mailroom | None" = None

    @property
    def watched(self) -> list["asyncio.Task[None]"]:
        """Without any one of these, as far as they are in this process, the desk only looks alive."""
        known = (self.courier, self.webhooks, self.indexer, self.waking, self.second_look, self.bot, self.imap)
        return [task for task in known if task is not None]


@asynccontextmanager
async def _serving(desk: Desk, parts: frozenset[str]) -> AsyncIterator[Running]:
    """The parts, started so that leaving stops them in the order in which they depend: SMTP, HTTP, bot, courier."""
    running = Running()
    async with AsyncExitStack() as stack:
        running.indexer = await stack.enter_async_context(_task(indexer.indexer(desk), "indexer"))
        running.waking = await stack.enter_async_context(_task(snoozing.waking(desk), "waking"))
        looking = second_look.second_look(desk)
        running.second_look = await stack.enter_async_context(_task(looking, "second_look"))
        if "outbox" in parts:
            running.courier = await stack.enter_async_context(_courier(desk))
            running.webhooks = await stack.enter_async_context(_webhooks(desk))
        if "imap" in parts and desk.settings.imap.host:
            running.imap = await stack.enter_async_context(_imap(desk))
        if "bot" in parts and desk.settings.telegram.enabled:
            running.bot = await stack.enter_async_context(_bot(desk, running))
        if "api" in parts:
            running.api_port = await stack.enter_async_context(_http(desk, running))
        if "smtp" in parts and desk.settings.smtp.listens:
            running.mailroom = await stack.enter_async_context(_smtp(desk))
        yield running


@asynccontextmanager
async def _courier(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    from ingest import courier, relay

    post, head = relay.chosen(desk.settings), courier.letterhead(desk)
    async with _task(courier.courier(desk, post, head), "courier") as task:
        yield task


@asynccontextmanager
async def _bot(desk: Desk, running: Running) -> AsyncIterator[asyncio.Task[None]]:
    from bot import conversing, menu, telegram, topic_cards
    from core.vocabulary import Channel

    voice = telegram.Voice(
        partial(conversing.respond, desk),
        partial(conversing.overdue, desk, Channel.TELEGRAM),
        partial(topic_cards.draw, desk),
        menu.calls,
        menu.of_agents,
    )
    async with telegram.running(desk, voice, running.chats_stir) as task:
        yield task


@asynccontextmanager
async def _webhooks(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    from api import webhook_courier

    async with _task(webhook_courier.courier(desk), "webhooks") as task:
        yield task


@asynccontextmanager
async def _imap(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    from ingest import imap_poll

    async with _task(imap_poll.poller(desk), "imap") as task:
        yield task


@asynccontextmanager
async def _task(work: "Coroutine[None, None, None]", name: str) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _http(desk: Desk, running: Running) -> AsyncIterator[int]:
    lean.aiohttp()
    from api.app import DOOR, SHUTDOWN_SECONDS, build_app, serving
    from api.contracts import mounting, service

    settings = desk.settings
    acting = await service.account(desk)
    mounts = [partial(_mount_pages, desk), partial(mounting.mount, names=settings.api.contracts, service=acting)]
    if settings.telegram.enabled and settings.telegram.mode == "webhook":
        mounts.append(partial(_mount_telegram, desk, running))
    application = build_app(desk, extra=mounts, alive=_alive(running), counted=partial(_counted, running))
    # All of them have the time of one, because they stop one after the other.
    each = SHUTDOWN_SECONDS / (1 + len(settings.api.listeners))
    serve = partial(serving, settings=settings, stop_seconds=each)
    async with AsyncExitStack() as stack:
        for listener in settings.api.listeners:
            alone = mounting.alone(listener.contract, application[DOOR], acting)
            port = await stack.enter_async_context(serve(alone, settings.api.host, listener.port))
            running.contract_ports.append((listener.contract, port))
        yield await stack.enter_async_context(serve(application, settings.api.host, settings.api.port))


def _mount_pages(desk: Desk, application: "Application") -> None:
    from api.app import DOOR
    from api.pages import files, status
    from ingest import web_form

    door, limits = application[DOOR], desk.settings.limits
    status.mount(application, desk, client_ip=door.client_ip, allow=door.allowance(limits.status_per_minute))
    files.mount(application)
    web_form.mount(application, desk, client_ip=door.client_ip, allow=door.allowance(limits.forms_per_minute))


def _mount_telegram(desk: Desk, running: Running, application: "Application") -> None:
    from bot import webhook

    webhook.mount(application, desk, running.chats_stir)


def _alive(running: Running) -> dict[str, Callable[[], bool]]:
    """Whether each background task that this process has by now still runs, for /ready."""
    return {task.get_name(): partial(_runs, task) for task in running.watched}


def _runs(task: "asyncio.Task[None]") -> bool:
    return not task.done()


def _counted(running: Running) -> dict[str, dict[str, int]]:
    """What the SMTP door counts, for the metrics page; nothing where it is in another process."""
    if running.mailroom is None:
        return {}
    counts = running.mailroom.counts
    connections = {"accepted": counts.connections, "turned_away": counts.turned_away, "open": counts.open}
    return {"smtp_connections": connections, "smtp_mails": dict(counts.mails)}


@asynccontextmanager
async def _smtp(desk: Desk) -> AsyncIterator["Mailroom"]:
    from ingest import mail_reader, smtp

    settings = desk.settings
    serving = smtp.serving(
        settings.smtp,
        desk.receive,
        ours=settings.our_addresses,
        clock=desk.clock,
        parse=mail_reader.reader(settings),
        spool=settings.desk.data_dir,
        # A page on this machine alone is no help to whoever reads a bounce.
        form=settings.desk.public_url if settings.form.enabled else "",
    )
    async with serving as mailroom:
        yield mailroom


async def _greet(desk: Desk, running: Running, *, demo: bool) -> None:
    settings = desk.settings
    ways = [*running.mailroom.doors] if running.mailroom else []
    if running.imap:
        ways.append(f"IMAP    {settings.imap.mailbox} at {settings.imap.host}, every {settings.imap.poll_seconds} s")
    if running.bot:
        ways.append(f"chat    Telegram, by {settings.telegram.mode}")
    lines = await greeting.lines(desk, running.api_port, running.contract_ports, ways, demo=demo)
    print("\n".join(lines), flush=True)  # noqa: T201


def _signalled() -> "asyncio.Future[None]":
    """Done once the process is asked to stop. A second time it ends at once."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[None] = loop.create_future()

    def ask() -> None:
        if asked.done():
            raise SystemExit(1)
        asked.set_result(None)
        # Draining is bounded: what holds it up longer is cut, and its sender tries again. Not by sys.exit, which
        # would wait on its way out for the very thing that hangs.
        signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
        signal.alarm(STOP_SECONDS)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ask)
    return asked


if __name__ == "__main__":
    main()
