"""`deskbell serve` with contracts: the clients of their documents, with nothing changed but the base URL."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import running
from benchmarks.running import DESKBELL

CSV = """customer_id,customer_email,customer_name,subject,description,category,priority,status,tags
CUST-001,john@example.com,John Doe,Cannot login,I've been trying to login for hours,account_access,high,new,login;urgent
CUST-002,jane@example.com,Jane Smith,Payment issue,Payment not processed,billing_question,high,new,billing;payment
CUST-003,bob@example.com,Bob Johnson,App crashes,Application keeps crashing on startup,technical_issue,urgent,new,crash;bug
"""
CREATE = r"""
curl -X POST http://localhost:5000/tickets \
  -H "Content-Type: application/json" \
  -d '{
    "customer_id": "CUST-001",
    "customer_email": "john@example.com",
    "customer_name": "John Doe",
    "subject": "Cannot login to my account",
    "description": "I'\''ve been trying to login for the past hour but keep getting an access denied error.",
    "category": "account_access",
    "priority": "high",
    "status": "new",
    "tags": ["login", "urgent"],
    "metadata": {
      "source": "web_form",
      "browser": "Chrome 120",
      "device_type": "desktop"
    }
  }'
"""
UPDATE = r"""
curl -X PUT http://localhost:5000/tickets/550e8400-e29b-41d4-a716-446655440000 \
  -H "Content-Type: application/json" \
  -d '{
    "status": "in_progress",
    "assigned_to": "agent-456",
    "priority": "urgent"
  }'
"""
ID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where each contract is alone."""
    folder = tmp_path_factory.mktemp("contracts")
    listeners = '[{port = 0, contract = "basic"}, {port = 0, contract = "customer_support"}]'
    with running.serving(folder, settings={"DESKBELL_API__LISTENERS": listeners}):
        log = folder / "log"
        assert running.until(lambda: "admin" in log.read_text())
        said = log.read_text()
        # The account of contracts is no admin that anybody could sign in as.
        assert "There is no admin yet" in said
        yield {
            name: int(port) for name, port in re.findall(r"^  (\w+)  http://127\.0\.0\.1:(\d+)/$", said, re.MULTILINE)
        }


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_commands_of_the_document_do_what_they_say(ports: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text(CSV)

    def shell(command: str) -> Any:
        # The examples were made against `localhost`, where some machines look for ::1 first.
        said = command.replace("localhost:5000", f"127.0.0.1:{ports['customer_support']}")
        done = subprocess.run(["sh", "-c", f"{said} -sS"], cwd=tmp_path, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    ticket = shell(CREATE.strip())
    assert ticket["tags"] == ["login", "urgent"]
    assert shell("curl -X GET http://localhost:5000/tickets")["pagination"]["total"] == 1
    assert shell('curl -X GET "http://localhost:5000/tickets?status=new&priority=high"')["tickets"] == [ticket]
    assert shell(f"curl -X GET http://localhost:5000/tickets/{ticket['id']}") == ticket
    assert shell(UPDATE.strip().replace(ID, ticket["id"]))["assigned_to"] == "agent-456"
    classified = shell(f"curl -X POST http://localhost:5000/tickets/{ticket['id']}/auto-classify")
    assert classified["classification"]["category"] == "account_access"
    assert shell(f"curl -X DELETE http://localhost:5000/tickets/{ticket['id']}") == {
        "message": "Ticket deleted successfully", "id": ticket["id"],
    }  # fmt: skip
    imported = shell('curl -X POST "http://localhost:5000/tickets/import?format=csv" -F "file=@tickets.csv"')
    assert imported == {"total": 3, "successful": 3, "failed": 0, "errors": []}
    typed = '-H "Content-Type: text/csv" -F "file=@tickets.csv"'
    assert shell(f"curl -X POST http://localhost:5000/tickets/import {typed}") == imported
    assert shell(f"curl -X GET http://localhost:5000/tickets/{ticket['id']}") == {"error": "Ticket not found"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_each_contract_has_a_port_of_its_own(ports: dict[str, int]) -> None:
    def asked(port: int) -> Any:
        done = subprocess.run(
            ["curl", "-sS", f"http://127.0.0.1:{port}/tickets"], capture_output=True, check=True, timeout=60
        )
        return json.loads(done.stdout)

    assert set(ports) == {"basic", "customer_support"}
    assert isinstance(asked(ports["basic"]), list)
    assert set(asked(ports["customer_support"])) == {"tickets", "pagination"}


def test_a_desk_for_everybody_is_not_served_to_everybody(tmp_path: Path) -> None:
    settings = {
        "DESKBELL_API__HOST": "0.0.0.0", "DESKBELL_API__CONTRACTS": '["basic"]',
        "DESKBELL_DESK__PUBLIC_URL": "https://desk.example.com",
    }  # fmt: skip

    ended = subprocess.run(
        [*DESKBELL, "serve"], cwd=tmp_path, env=running.environment(tmp_path, settings), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 78
    assert "basic on 0.0.0.0: without sign-in everybody could read and delete every ticket" in ended.stderr
    assert "set api.host to 127.0.0.1" in ended.stderr
