"""A client of contract `healthcare` at its own port, as the people of the documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any
from uuid import uuid4

from api.auth import Tokens
from core.accounts import users
from tests.api.conftest import Answer
from tests.contracts.conftest import Served, exchange, require_as_documented
from tests.contracts.examples import HEALTHCARE

NAME = "healthcare"

TICKET = {name: value for name, value in HEALTHCARE.items() if name != "status"}


@dataclass(frozen=True)
class Client:
    """alice and dora are of level 3, bob and erin of level 2, carol of level 1."""

    served: Served

    async def __call__(
        self,
        method: str,
        path: str,
        by: str | None = "carol",
        *,
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        body = data if json is None else dumps(json).encode()
        sent = {"Authorization": f"Bearer {await self.token(by)}"} if by else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        answer = await exchange(self.served.ports[NAME], method, path, {**sent, **(headers or {})}, body or b"")
        require_as_documented(NAME, method, path, answer)
        return answer

    async def token(self, name: str) -> str:
        """Made anew each time: a test that moves the clock need not sign in again."""
        desk = self.served.desk
        async with desk.reading() as connection:
            user = await users.by_name(connection, name)
        return Tokens(desk.keys.tokens, timedelta(hours=1)).issue(user.id, user.token_version, desk.clock())

    async def refused(self, method: str, path: str, sent: Iterable[object], about: str = "") -> None:
        """Each of what is sent is a 400 in the document's shape whose detail tells what it is `about`."""
        for json in sent:
            answer = await self(method, path, json=json)
            assert is_error(answer, 400), (json, answer.body)
            assert about in answer.json["detail"], json

    async def ticket(self, by: str = "carol", **fields: object) -> Any:
        answer = await self("POST", "/tickets/", by, json={**TICKET, **fields})
        assert answer.status == 201, answer.body
        return answer.json

    async def put(self, ticket_id: str, by: str = "carol", **fields: object) -> Any:
        answer = await self("PUT", f"/tickets/{ticket_id}", by, json=fields)
        assert answer.status == 200, answer.body
        return answer.json

    async def upload(
        self, ticket_id: str, *files: tuple[str, bytes], by: str = "carol", path: str = "upload", field: str = "files"
    ) -> Answer:
        boundary = uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, content in files
        ]
        return await self(
            "POST",
            f"/tickets/{ticket_id}/{path}",
            by,
            data=b"".join(parts) + f"--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )


def is_error(answer: Answer, status: int) -> bool:
    """The document's own shape: `detail`, a sentence, and nothing else."""
    return (
        answer.status == status
        and answer.headers["Content-Type"] == "application/json"
        and answer.json.keys() == {"detail"}
        and len(answer.json["detail"]) > 10
    )
