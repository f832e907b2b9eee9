"""Everything that the documentation says of the API, tried at random: `python -m benchmarks.fuzz`, which is `make fuzz`.

Schemathesis reads /openapi.json of a desk that runs in a process of its own, and asks every route what it should take
and what it should refuse, as an admin, with all of its checks. Nothing may answer 500, or anything that is not said.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from api.app import DOOR, build_app, serving
from benchmarks.contender import announce, contender
from core import desk as desks
from core import passwords, users
from core.config import Settings
from core.users import NewUser
from core.vocabulary import Role
from ingest import demo

EXAMPLES = 200
CONFIGURATION = """
headers = {{ Authorization = "Bearer {token}" }}
generation.max-examples = {examples}
generation.database = "none"
request-timeout = 20.0

[checks]
positive_data_acceptance.expected-statuses = {accepted}
negative_data_rejection.expected-statuses = {refused}
"""
# Where 400 is right though the schema is kept: only the desk knows who is an agent or a client, which files it takes,
# and that a cursor goes with one order only.
KNOWN_TO_THE_DESK = """
[[operations]]
include-method = "{method}"
include-path = "{path}"
checks.positive_data_acceptance.expected-statuses = {accepted}
"""
OPERATIONS = (
    ("GET", "/tickets"),
    ("GET", "/tickets/my"),
    ("POST", "/tickets"),
    ("PATCH", "/tickets/{ticket}"),
    ("PUT", "/tickets/{ticket}"),
    ("PATCH", "/tickets/{ticket}/assign"),
    ("POST", "/tickets/{ticket}/attachments"),
    ("POST", "/tickets/import"),
    ("PUT", "/reference-data/{contract}/{list}/{number}"),
)
# A version or an attempt of somebody else's (412, 409), what is not there (404), too much at once (413, 503).
ACCEPTED = ["2xx", "304", "401", "403", "404", "409", "412", "413", "428", "429", "503"]
REFUSED = ["400", "401", "403", "404", "405", "408", "409", "412", "413", "415", "428", "429"]
# It ends the sign-in that everything else is asked with.
LEFT_OUT = ("/auth/logout",)


async def serve(folder: Path) -> None:
    settings = Settings.model_validate(
        {"desk": {"data_dir": folder}, "limits": {"enabled": False}, "log": {"level": "error"}}
    )
    async with desks.opened(settings) as desk:
        await demo.fill(desk)
        secret = await passwords.hashed("a long enough password", rounds=4)
        async with desk.writing() as connection:
            admin = await users.add(
                connection, NewUser("root", Role.ADMIN, "Root", "root@desk.test"), secret, desk.clock()
            )
        app = build_app(desk)
        async with serving(app, "127.0.0.1", 0, settings) as port:
            token = app[DOOR].tokens.issue(admin.id, admin.token_version, desk.clock())
            await announce({"port": port, "token": token})


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[int, str]]:
    async with contender("benchmarks.fuzz", "--serve", "--folder", str(folder / "var")) as facts:
        yield int(str(facts["port"])), str(facts["token"])


async def fuzz(folder: Path, examples: int, more: Sequence[str] = ()) -> tuple[int, str]:
    """The exit code of Schemathesis, and what it said."""
    async with running(folder) as (port, token):
        configuration = folder / "schemathesis.toml"
        configuration.write_text(_configuration(token, examples))
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "--no-color", "run"]
        left_out = [part for path in LEFT_OUT for part in ("--exclude-path", path)]
        ran = await asyncio.to_thread(
            subprocess.run,
            [*command, f"http://127.0.0.1:{port}/openapi.json", "--continue-on-failure", *left_out, *more],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return ran.returncode, ran.stdout


def _configuration(token: str, examples: int) -> str:
    whole = CONFIGURATION.format(
        token=token, examples=examples, accepted=json.dumps(ACCEPTED), refused=json.dumps(REFUSED)
    )
    lenient = json.dumps([*ACCEPTED, "400"])
    return whole + "".join(
        KNOWN_TO_THE_DESK.format(method=method, path=path, accepted=lenient) for method, path in OPERATIONS
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="be the desk that is asked")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    given, more = parser.parse_known_args()
    if given.serve:
        asyncio.run(serve(given.folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        code, said = asyncio.run(fuzz(Path(folder), given.examples, more))
    print(said)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
