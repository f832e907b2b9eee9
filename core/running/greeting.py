"""What `deskbell serve` says once it serves: where everything is, and what is still to be done."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from core.accounts import users
from core.config import Settings
from core.desk import Desk
from core.vocabulary import Role


async def lines(
    desk: Desk, api_port: int | None, contract_ports: Sequence[tuple[str, int]], ways: Sequence[str], *, demo: bool
) -> list[str]:
    """`ways` are those in for mail and chat, as they are to be shown."""
    settings = desk.settings
    said = ["Deskbell is serving."]
    if api_port:
        url = f"http://{settings.api.host}:{api_port}"
        said += [f"  form    {url}/", f"  API     {url}/api/v1/  (health: {url}/health, all routes: {url}/docs)"]
        said += [f"  {name}  {url}/contracts/{name}/" for name in dict.fromkeys(settings.api.contracts)]
    said += [f"  {name}  http://{settings.api.host}:{port}/" for name, port in contract_ports]
    said += [f"  {way}" for way in ways]
    relay = (
        "through the relay" if settings.mail.relay.get_secret_value() else f"as files in {_shown(settings, 'outbox')}"
    )
    said += [f"  answers {relay}", f"  data    {_shown(settings, '')}"]
    async with desk.reading() as connection:
        admins = {user.username for user in await users.everyone(connection) if user.role is Role.ADMIN}
    if demo:
        said.append("Demo accounts: alice/alice123 (customer), bob/bob123 (agent), carol/carol123 (admin).")
    elif not admins - {settings.api.contracts_act_as.lower()}:
        said.append(f"There is no admin yet. Make one:  {_as_called()} user add NAME --role admin{_with_config()}")
    return said


def _as_called() -> str:
    return sys.argv[0] if Path(sys.argv[0]).name == "deskbell" else f"{sys.executable} {sys.argv[0]}"


def _with_config() -> str:
    """The configuration that was named for this process, for a command that shall find the same desk."""
    named = [after for word, after in pairwise(sys.argv) if word == "--config"]
    return f" --config {named[0]}" if named else ""


def _shown(settings: Settings, part: str) -> Path:
    return (settings.desk.data_dir / part).resolve()
