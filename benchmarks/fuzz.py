"""Everything that the documentation says of the API, tried at random: `python -m benchmarks.fuzz`, which is `make fuzz`.

Schemathesis reads the documents of a desk that runs in a process of its own (`--api`: one of APIS, else each in turn)
and asks every route what it should take and what it should refuse, as an admin, with all of its checks. Nothing may
answer 500, or anything that is not said. `--api native --part tickets` takes a part; what is not known here goes to
Schemathesis (`--seed 7`).
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import get_args

from api.app import DOOR, build_app, serving
from api.contracts import mounting, service
from benchmarks.contender import announce, contender
from core import desk as desks
from core.accounts import passwords, users
from core.accounts.users import NewUser
from core.config import ContractName, Settings
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
# In one process, as to load Schemathesis takes longer than most of what it does in a short time.
TOGETHER = """
import json, sys
from schemathesis.cli import schemathesis
for asked in json.loads(sys.argv[1]):
    try:
        schemathesis(asked)
    except SystemExit as ended:
        if ended.code:
            raise
"""
# By its name alone: of a method and a path each would do.
KNOWN_TO_THE_DESK = """
[[operations]]
include-name = "{method} {path}"
checks.positive_data_acceptance.expected-statuses = {accepted}
"""


@dataclass(frozen=True)
class Part:
    """What is tried by itself, on a desk of its own: the paths, and for how long at most; 0: until it is done.

    All of the native API at once did not end in an hour on two busy cores; within its time each part has every check
    of every route, and as many examples and scenarios as there is time for.
    """

    paths: str = "^/"
    seconds: int = 0

    @property
    def options(self) -> list[str]:
        ends = ["--max-time", str(self.seconds)] if self.seconds else []
        return ["--include-path-regex", self.paths, *ends]


@dataclass(frozen=True)
class Asked:
    """One document: where it is, what is not asked of it, and where 400 is right though the schema is kept: only the
    desk knows who is an agent or a client, which tools and centres there are, which files it has and takes, what time
    it is, what the password was and where webhooks may lead, that a cursor goes with one order only, and how deep pages
    reach of so many rows each.
    """

    path: str
    refuses: Sequence[tuple[str, str]] = ()
    left_out: Sequence[str] = ()
    parts: Mapping[str, Part] = field(default_factory=lambda: {"whole": Part()})


# Lists in pages.
DEEP = (
    *("/tickets", "/tickets/my", "/users", "/api-keys", "/agents", "/clients"),
    *("/blocked-senders", "/incidents", "/ledger", "/deliveries"),
    *("/tickets/{ticket}/comments", "/tickets/{ticket}/comments/{comment}/versions", "/tickets/{ticket}/attachments"),
    *("/tickets/{ticket}/changes", "/tickets/{ticket}/held"),
)
APIS = {
    "native": Asked(
        "/openapi.json",
        (
            *(("GET", path) for path in DEEP),
            ("PUT", "/users/me/password"),
            ("POST", "/blocked-senders"),
            ("POST", "/webhooks"),
            ("PATCH", "/webhooks/{webhook}"),
            ("POST", "/tickets"),
            ("PATCH", "/tickets/{ticket}"),
            ("PUT", "/tickets/{ticket}"),
            ("PATCH", "/tickets/{ticket}/assign"),
            ("POST", "/tickets/{ticket}/comments"),
            ("POST", "/tickets/{ticket}/attachments"),
            ("POST", "/tickets/import"),
            ("PUT", "/reference-data/{contract}/{list}/{number}"),
        ),
        # It ends the sign-in that everything else is asked with.
        ("/auth/logout",),
        {
            "tickets": Part("^/tickets", 800),
            "people": Part("^/(auth|users|api-keys|agents|clients)", 360),
            "desk": Part("^/(?!tickets|auth|users|api-keys|agents|clients)", 360),
        },
    ),
    "basic": Asked("/contracts/basic/openapi.json"),
    "customer_support": Asked(
        "/contracts/customer_support/openapi.json", (("POST", "/tickets/import"), ("GET", "/tickets"))
    ),
    "healthcare": Asked(
        "/contracts/healthcare/openapi.json",
        (
            ("GET", "/tickets"),
            ("POST", "/tickets"),
            ("PUT", "/tickets/{ticket_id}"),
            ("POST", "/tickets/{ticket_id}/upload"),
            ("POST", "/tickets/{ticket_id}/upload-single"),
            # Of several files of one name it must be said which one.
            ("DELETE", "/tickets/{ticket_id}/attachments/{filename}"),
            ("POST", "/users"),
            ("PUT", "/users/{user_id}"),
        ),
    ),
}
# A version or an attempt of somebody else's (412, 409), what is not there (404), too much at once (413, 503).
ACCEPTED = ["2xx", "304", "401", "403", "404", "409", "412", "413", "428", "429", "503"]
REFUSED = ["400", "401", "403", "404", "405", "408", "409", "412", "413", "415", "428", "429"]


async def serve(folder: Path) -> None:
    # As cheap as bcrypt makes it: at its usual price the few routes that hash took three quarters of all the time.
    passwords.ROUNDS = 4
    settings = Settings.model_validate(
        {
            "desk": {"data_dir": folder},
            "api": {"contracts": get_args(ContractName)},
            "limits": {"enabled": False},
            "log": {"level": "error"},
        }
    )
    async with desks.opened(settings) as desk:
        await demo.fill(desk)
        secret = await passwords.hashed("a long enough password")
        async with desk.writing() as connection:
            admin = await users.add(
                connection, NewUser("root", Role.ADMIN, "Root", "root@desk.test"), secret, desk.clock()
            )
        acting = await service.account(desk)
        app = build_app(desk, extra=[partial(mounting.mount, names=settings.api.contracts, service=acting)])
        async with serving(app, "127.0.0.1", 0, settings) as port:
            token = app[DOOR].tokens.issue(admin.id, admin.token_version, desk.clock())
            await announce({"port": port, "token": token})


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[int, str]]:
    async with contender("benchmarks.fuzz", "--serve", "--folder", str(folder / "var")) as facts:
        yield int(str(facts["port"])), str(facts["token"])


async def fuzz(folder: Path, api: str, part: str, examples: int, more: Sequence[str] = ()) -> int:
    """The exit code of Schemathesis, which says what it finds as it goes."""
    began = perf_counter()
    async with running(folder) as (port, token):
        configuration = folder / "schemathesis.toml"
        configuration.write_text(configured(APIS[api], token, examples))
        chosen = (*APIS[api].parts[part].options, *more)
        process = await asyncio.create_subprocess_exec(*command(api, port, configuration, chosen), cwd=folder)
        code = await process.wait()
    minutes = (perf_counter() - began) / 60
    print(f"{api}, {part}: {examples} examples an operation, {minutes:.1f} minutes, exit {code}", flush=True)
    return code


async def tried(folder: Path, asked: Sequence[Sequence[str]]) -> tuple[int, str]:
    """The same of a desk that runs already, and what was said; for several APIs, until one fails: each as of `wanted`."""
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", TOGETHER, json.dumps(asked)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def command(api: str, port: int, configuration: Path, more: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "schemathesis.cli", *wanted(api, port, configuration, more)]


def wanted(api: str, port: int, configuration: Path, more: Sequence[str]) -> list[str]:
    """What Schemathesis is told."""
    asked = APIS[api]
    left_out = [part for path in asked.left_out for part in ("--exclude-path", path)]
    return [
        *("--config-file", str(configuration), "--no-color", "run"),
        *(f"http://127.0.0.1:{port}{asked.path}", "--continue-on-failure", *left_out, *more),
    ]


def configured(asked: Asked, token: str, examples: int) -> str:
    whole = CONFIGURATION.format(
        token=token, examples=examples, accepted=json.dumps(ACCEPTED), refused=json.dumps(REFUSED)
    )
    lenient = json.dumps([*ACCEPTED, "400"])
    return whole + "".join(
        KNOWN_TO_THE_DESK.format(method=method, path=path, accepted=lenient) for method, path in asked.refuses
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="be the desk that is asked")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--api", choices=APIS, help="the one to try; left out: each of them")
    parser.add_argument("--part", help="of the API the part to try; left out: all of it, one after the other")
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    given, more = parser.parse_known_args()
    if given.serve:
        asyncio.run(serve(given.folder))
        return
    parts = [
        (api, part)
        for api in ([given.api] if given.api else APIS)
        for part in APIS[api].parts
        if given.part in (None, part)
    ]
    if not parts:
        parser.error(f"there is no part {given.part}")
    raise SystemExit(max(_fuzzed(api, part, given.examples, more) for api, part in parts))


def _fuzzed(api: str, part: str, examples: int, more: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(fuzz(Path(folder), api, part, examples, more))


if __name__ == "__main__":
    main()
