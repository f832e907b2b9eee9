"""Contract `healthcare`: what became different, by whatever way, in the document's sentences; and what is written by hand."""

import dataclasses
import re
from pathlib import Path

import pytest

from api.contracts.healthcare import views
from api.contracts.healthcare.sentences import sentence
from api.contracts.healthcare.shapes import TicketChange
from api.contracts.healthcare.words import DOCUMENTED, PATHWAY
from core import history
from core.history import FieldChange
from core.tickets import Revision
from core.vocabulary import Category, Priority, Status, TicketType
from tests.builders import a_mail
from tests.contracts.conftest import Served
from tests.contracts.healthcare import Client


@pytest.fixture
def client(ask: Served) -> Client:
    return Client(ask)


async def test_changes_made_elsewhere_are_modifications_here(ask: Served) -> None:
    client = Client(ask)
    made = await client.ticket()
    change = {"subject": "Fire", "status": "waiting_customer", "category": "bug_report", "tags": ["a", "b"]}
    await ask.native("PATCH", "/tickets/1", "bob", json=change)
    await ask.native("PATCH", "/tickets/1/assign", "bob", json={"agent": "bob"})
    await ask.native("PATCH", "/tickets/1/assign", "bob", json={"agent": None})

    found = (await client("GET", f"/tickets/{made['id']}/modifications", "erin")).json

    assert [sorted(one["changes"]) for one in found["modifications"]] == [
        [
            'El títol s\'ha canviat per "Fire"',
            "L'estat s'ha canviat per \"Notificada\"",
            'La categoria s\'ha canviat per "Error de programari"',
            'Les etiquetes s\'han canviat per "a, b"',
        ],
        ['La persona assignada s\'ha canviat per "bob"'],
        ["La persona assignada s'ha deixat en blanc"],
    ]
    assert found["total"] == 3
    assert {one["user"]["username"] for one in found["modifications"]} == {"bob"}


async def test_a_customers_answer_that_reopens_is_a_modification_of_somebody_without_account(ask: Served) -> None:
    client = Client(ask)
    await ask.desk.receive(a_mail(message_id="<1@customer.test>", acknowledge=False))
    await client.put("INC000001", status_id=6)
    await ask.desk.receive(a_mail(in_reply_to=("<1@customer.test>",), text="It burns again."))

    _, reopened = (await client("GET", "/tickets/INC000001/modifications")).json["modifications"]

    assert reopened["changes"] == ["L'estat s'ha canviat per \"Creada\""]
    assert reopened["user"] == {"id": 0, "username": "Ann Archer", "email": ""}
    assert reopened["user_id"] == 0


BY_HAND = (
    ({"field_name": "status_id", "new_value": "4"}, "L'estat s'ha canviat per \"En resolució\""),
    ({"field_name": "tool_id", "new_value": "5"}, "L'eina s'ha canviat per \"Axia | Suport clínic - HES\""),
    ({"field_name": "center_id", "new_value": "302"}, 'El centre s\'ha canviat per "EAP Mataró- 3 (Perú)"'),
    ({"field_name": "crit_id", "new_value": "9"}, 'La prioritat s\'ha canviat per "9"'),
    ({"field_name": "title"}, "El títol s'ha deixat en blanc"),
    ({"field_name": "sala", "new_value": "3"}, 'El camp «sala» s\'ha canviat per "3"'),
    ({"field_name": "title", "new_value": "x" * 600}, f'El títol s\'ha canviat per "{"x" * 500}…"'),
)


async def test_a_modification_by_hand_says_it_alike_and_changes_nothing(client: Client) -> None:
    made = await client.ticket()
    before = (await client("GET", f"/tickets/{made['id']}")).json

    for sent, said in BY_HAND:
        answer = await client("POST", "/modifications/", "bob", json={"ticket_id": made["id"], **sent})

        assert answer.status == 201
        assert answer.json["changes"] == [said]
    assert (await client("GET", f"/tickets/{made['id']}")).json == before
    _, *shown = (await client.served.native("GET", "/tickets/1/changes", "carol")).json["changes"]
    assert {(one["reason"], one["actor"]) for one in shown} == {("written by hand", "bob")}


async def test_a_modification_that_cannot_be_is_refused(client: Client) -> None:
    made = await client.ticket()
    title = {"ticket_id": made["id"], "field_name": "title"}

    await client.refused("POST", "/modifications/", [{"field_name": "title"}, {**title, "ticket_id": 1}], "ticket_id")
    names = [None, "", " ", "x" * 65, "ticket"]
    await client.refused("POST", "/modifications/", [{**title, "field_name": name} for name in names], "field_name")
    await client.refused("POST", "/modifications/", [{**title, "new_value": "x" * 10_001}], "new_value")

    assert (await client("GET", f"/tickets/{made['id']}/modifications")).json["total"] == 0


def test_everything_the_desk_can_say_has_a_word_in_catalan() -> None:
    labels = views.labels(DOCUMENTED)
    for name, closed_set in (("status", Status), ("priority", Priority), ("category", Category), ("type", TicketType)):
        for word in closed_set:
            said = sentence(FieldChange(name, None, word), labels)
            assert f'"{word}"' not in said, said
    for channel in PATHWAY.outward:
        assert f'"{channel}"' not in sentence(FieldChange("channel", None, channel), labels)


def test_every_field_of_a_change_has_a_sentence_of_its_own() -> None:
    labels = views.labels(DOCUMENTED)
    core = "".join(file.read_text("utf-8") for file in Path(history.__file__).parent.rglob("*.py"))
    written = set(re.findall(r'FieldChange\("(\w+)"', core)) - {"attachment"}
    fields = written | {
        *TicketChange.model_fields,
        *(field.name for field in dataclasses.fields(Revision)),
        "assigned_to",
    } - {"extra", "reviewed", "no_duplicate"}  # what those change is needs_review and possible_duplicate_of

    said = {name: sentence(FieldChange(name, None, "x"), labels) for name in fields}

    assert not [name for name, words in said.items() if words.startswith("El camp")]
    assert all(re.fullmatch(r"(El |La |Les |Un |L').+ s'ha(n)? canviat per \"x\"", words) for words in said.values())
