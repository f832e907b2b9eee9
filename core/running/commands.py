"""The commands that need nothing but the desk itself: accounts, the schema, backups, purging."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import make_url

from core.accounts import passwords, users
from core.chat import linking, proofs
from core.desk import Desk
from core.running import terminal
from core.running.terminal import EX_DATAERR, EX_NOINPUT, Config, Json
from core.storage import database, schema
from core.vocabulary import Role

if TYPE_CHECKING:
    from core.storage.purge import Purged

user_app = typer.Typer(no_args_is_help=True, help="Accounts: who can sign in, and as what.")
db_app = typer.Typer(no_args_is_help=True, help="The database's schema.")


def join(app: typer.Typer) -> None:
    app.add_typer(user_app, name="user")
    app.add_typer(db_app, name="db")
    app.command("backup")(backup)
    app.command("purge")(purge)


@user_app.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="What they sign in with.")],
    role: Annotated[str, typer.Option(help="customer, agent or admin")] = "agent",
    email: Annotated[str, typer.Option(help="Their mail address (a customer's tickets are found by it).")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    config_path: Config = None,
) -> None:
    """Make an account. Asks for the password, unless it comes by stdin."""
    if role not in set(Role):
        terminal.stop(f"--role must be one of {', '.join(Role)}", EX_DATAERR)
    password = _password(from_stdin=password_stdin)
    wanted = users.NewUser(name, Role(role), email=email)

    async def work(desk: Desk) -> None:
        password_hash = await passwords.hashed(password)
        async with desk.writing() as connection:
            user = await users.add(connection, wanted, password_hash, desk.clock())
        typer.echo(f"{user.username} can sign in now, as {user.role}.")

    terminal.with_desk(config_path, work)


@user_app.command("list")
def user_list(config_path: Config = None, as_json: Json = False) -> None:
    """Show all accounts."""

    async def work(desk: Desk) -> None:
        async with desk.reading() as connection:
            everyone = await users.everyone(connection)
        if as_json:
            terminal.print_json(
                [{"username": u.username, "role": u.role, "email": u.email, "active": u.active} for u in everyone]
            )
            return
        for user in everyone:
            typer.echo(f"{user.username:20} {user.role:9} {user.email:30} {'' if user.active else 'disabled'}".rstrip())

    terminal.with_desk(config_path, work)


@user_app.command("passwd")
def user_passwd(
    name: str,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    config_path: Config = None,
) -> None:
    """Set a new password; every sign-in made with the old one ends."""
    password = _password(from_stdin=password_stdin)

    async def work(desk: Desk) -> None:
        password_hash = await passwords.hashed(password)
        async with desk.writing() as connection:
            await users.set_password(connection, name, password_hash)
        typer.echo(f"{name} has a new password.")

    terminal.with_desk(config_path, work)


@user_app.command("disable")
def user_disable(name: str, config_path: Config = None) -> None:
    """Keep somebody out, from their next request on."""
    _set_active(name, config_path, active=False)


@user_app.command("enable")
def user_enable(name: str, config_path: Config = None) -> None:
    """Let somebody in again."""
    _set_active(name, config_path, active=True)


@user_app.command("link")
def user_link(name: str, config_path: Config = None) -> None:
    """Give out a one-time link with which somebody's chat becomes this account's. It holds for a day."""

    async def work(desk: Desk) -> None:
        async with desk.writing() as connection:
            user = await users.by_name(connection, name)
            code = await proofs.for_account(connection, user.id, desk.clock())
        typer.echo(f"For {user.username}, once, within a day:  {proofs.way_in(code, desk.settings)}")

    terminal.with_desk(config_path, work)


@user_app.command("unlink")
def user_unlink(name: str, config_path: Config = None) -> None:
    """No chat is this account's any more."""

    async def work(desk: Desk) -> None:
        async with desk.writing() as connection:
            gone = await linking.unlink(connection, await users.by_name(connection, name))
        typer.echo(f"{name} is linked to no chat any more ({gone} before).")

    terminal.with_desk(config_path, work)


def _set_active(name: str, config_path: Path | None, *, active: bool) -> None:
    async def work(desk: Desk) -> None:
        async with desk.writing() as connection:
            await users.set_active(connection, name, active=active)
        typer.echo(f"{name} can {'sign in again' if active else 'no longer sign in'}.")

    terminal.with_desk(config_path, work)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        terminal.stop("no terminal to ask for the password: use --password-stdin", EX_NOINPUT)
    if problems := passwords.problems(password):
        terminal.stop(f"the password {problems[0].message}", EX_DATAERR)
    return password


@db_app.command("upgrade")
def db_upgrade(config_path: Config = None) -> None:
    """Bring the database to this program's schema (also done at every start)."""
    settings = terminal.settings(config_path)

    async def work() -> None:
        settings.desk.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with database.connected(settings.database_url) as base:
            before = await schema.upgrade(base)
        typer.echo(f"The schema is {schema.HEAD} now; it was {before or 'not there'}.")

    terminal.run(work())


@db_app.command("check")
def db_check(config_path: Config = None) -> None:
    """Look whether the database is sound and has this program's schema. Exits 1 when it is not."""
    settings = terminal.settings(config_path)
    url = make_url(settings.database_url)
    file = Path(url.database or "")
    # Opening it would make an empty one.
    if url.get_backend_name() == "sqlite" and not file.exists():
        terminal.stop(f"there is no database at {file} yet: run `deskbell db upgrade`", 1)

    async def work() -> list[str]:
        async with database.connected(settings.database_url) as base:
            return await schema.wrong(base) + await database.faults(base)

    if wrong := terminal.run(work()):
        terminal.stop("\n".join(wrong), 1)
    typer.echo(f"The database is sound; its schema is {schema.HEAD}.")


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder for the backup.")],
    verify: Annotated[bool, typer.Option("--verify", help="Check a backup that was made before.")] = False,
    config_path: Config = None,
) -> None:
    """Copy everything, consistently, while Deskbell runs; or check such a copy."""
    from core.storage import backup as backups

    if verify:
        if wrong := terminal.run(backups.verify(folder)):
            terminal.stop("\n".join(wrong), 1)
        typer.echo(f"{folder} is whole.")
        return
    typer.echo(str(terminal.run(backups.backup(terminal.settings(config_path), folder, datetime.now(UTC)))))


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """Remove for good what was deleted or closed longer ago than \\[retention] says. Runs beside `serve`."""
    from core.storage import purge as purging

    async def work(desk: Desk) -> "Purged":
        cut = purging.cut(desk.settings, desk.clock())
        return await (purging.foreseen(desk, cut) if dry_run else purging.purge(desk, cut))

    gone = terminal.with_desk(config_path, work)
    if as_json:
        terminal.print_json(gone)
        return
    typer.echo(
        f"{'Would remove' if dry_run else 'Removed'} {gone.tickets} tickets, {gone.comments} comments, "
        f"{gone.attachments} attachments, {gone.clients} clients, {gone.arrivals} rows of the ledger, "
        f"and {gone.files} stored files ({gone.bytes / 1024 / 1024:.1f} MB)."
    )
