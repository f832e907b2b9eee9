"""Contract `healthcare`: its tickets, beyond the document's examples."""

from datetime import timedelta
from typing import Any

import pytest

from core import batches, importing, ledger
from core.origin import Origin
from core.rows import TicketRow
from core.vocabulary import Channel
from tests.builders import Clock, a_mail
from tests.contracts.conftest import Served
from tests.contracts.healthcare import TICKET, Client, is_error


@pytest.fixture
def client(ask: Served) -> Client:
    return Client(ask)


@pytest.fixture
def any_client(ask_any: Served) -> Client:
    """On both databases in turn."""
    return Client(ask_any)


async def listed(client: Client, query: str, by: str = "carol") -> list[str]:
    answer = await client("GET", f"/tickets/?{query}", by)
    assert answer.status == 200, answer.body
    return [ticket["title"] for ticket in answer.json["tickets"]]


async def test_what_was_sent_is_what_is_read(any_client: Client) -> None:
    sent = {
        **TICKET, "center_id": 273, "notifier": "Infermera Vilà", "url": "https://example.com/1", "pathway": "phone",
        "type": "suggestion", "status_id": 5, "crit_id": 4, "tool_id": 8,
    }  # fmt: skip

    made = await any_client.ticket("alice", **sent)

    read = (await any_client("GET", f"/tickets/{made['id']}", "alice")).json
    assert {name: read[name] for name in sent} == sent
    assert made["id"] == "SUG000001"
    assert (read["center"]["id"], read["tool"]["value"], read["crit"]["value"]) == (273, "LAND_GIS", "critical")
    assert read["status"] == {"id": 5, "value": "notified", "desc": "Notificada"}
    assert read["created_by_user"]["username"] == "alice"
    assert read["creator"] == read["created_by_user"]["id"] == made["creator"]


async def test_a_long_link_is_kept_whole(client: Client) -> None:
    link = "https://example.com/" + "x" * 1980
    assert (await client.ticket("alice", **{**TICKET, "url": link}))["url"] == link


async def test_one_and_one_point_nothing_are_one_number(client: Client) -> None:
    made = await client.ticket("alice", **{**TICKET, "status_id": 1.0, "crit_id": 4.0, "tool_id": 8.0})

    assert (made["status_id"], made["crit_id"], made["tool_id"]) == (1, 4, 8)


async def test_what_is_required_must_be_there(client: Client) -> None:
    for field in TICKET:
        without = {name: value for name, value in TICKET.items() if name != field}

        answer = await client("POST", "/tickets/", json=without)

        assert is_error(answer, 400)
        assert answer.json["detail"] == f"{field} is required"


WRONG: dict[str, tuple[object, ...]] = {
    "type": ("incident", 1, None),
    "title": ("", "  ", 7, "x" * 256),
    "description": ("", None),
    "status_id": (0, 9, "1", True, 1.5),
    "crit_id": (5, -1),
    "tool_id": (99, 0, 10**30),
    "center_id": (1, "305"),
    "people": ("Ann", [1], None, ["x"] * 51),
    "pathway": ("fax", "web_form"),
    "notifier": (5,),
    "url": ("javascript:alert(1)", "example.com"),
}


async def test_a_value_that_the_document_does_not_know_is_refused(client: Client) -> None:
    made = await client.ticket()

    for field, values in WRONG.items():
        await client.refused("POST", "/tickets/", [{**TICKET, field: value} for value in values], field)
        await client.refused("PUT", f"/tickets/{made['id']}", [{field: value} for value in values], field)

    assert (await client("GET", "/tickets/")).json["total"] == 1
    assert (await client("GET", f"/tickets/{made['id']}/modifications")).json["total"] == 0


async def test_nothing_is_opened_deleted_or_under_a_name_that_is_none(client: Client) -> None:
    wrong = ("", "../../etc/passwd", "a/b", "x" * 65, 5, ".hidden")

    await client.refused("POST", "/tickets/", [{**TICKET, "status_id": 8}], "status_id")
    await client.refused("POST", "/tickets/", [{**TICKET, "ticket_num": name} for name in wrong], "ticket_num")


async def test_everything_that_is_wrong_is_said_at_once(client: Client) -> None:
    detail = (await client("POST", "/tickets/", json={"title": "", "status_id": 77})).json["detail"]

    assert all(name in detail for name in TICKET)


async def test_what_may_be_empty_may_be_null(client: Client) -> None:
    made = await client.ticket(notifier=None, url=None, center_id=None, ticket_num=None, people=[])

    assert (made["notifier"], made["url"], made["center_id"], made["people"]) == (None, None, None, [])


async def test_what_is_sent_back_as_it_was_shown_changes_nothing(client: Client) -> None:
    made = await client.ticket(center_id=305)
    shown = (await client("GET", f"/tickets/{made['id']}")).json

    assert await client.put(made["id"], **shown) == shown
    assert (await client("GET", f"/tickets/{made['id']}/modifications")).json == {"modifications": [], "total": 0}


async def test_a_change_is_of_what_is_named_and_of_nothing_else(any_client: Client, clock: Clock) -> None:
    made = await any_client.ticket(center_id=305, notifier="Dr. Smith", url="https://example.com/1")
    clock.forward(timedelta(days=1, seconds=5))

    changed = await any_client.put(
        made["id"],
        "bob",
        title="New",
        tool_id=2,
        center_id=None,
        notifier="Ann",
        type="suggestion",
        pathway="in_person",
    )

    assert changed["id"] == "SUG000001"
    kept = {"description", "status_id", "crit_id", "people", "url", "creator", "creation_date"}
    assert {name: changed[name] for name in kept} == {name: made[name] for name in kept}
    assert (changed["title"], changed["tool_id"], changed["center_id"], changed["center"]) == ("New", 2, None, None)
    assert (changed["creation_date"], changed["modify_date"]) == ("2026-03-02", "2026-03-03T12:00:05")
    # Whoever knows it under its first name still finds it.
    assert (await any_client("GET", f"/tickets/{made['id']}")).json == changed
    [made_known] = (await any_client("GET", "/tickets/SUG000001/modifications")).json["modifications"]
    assert made_known["user"]["username"] == "bob"
    assert made_known["changes"] == [
        'El títol s\'ha canviat per "New"',
        'El tipus s\'ha canviat per "Suggeriment"',
        "La via d'entrada s'ha canviat per \"En persona\"",
        "L'eina s'ha canviat per \"Programació per motius - HES\"",
        "El centre s'ha deixat en blanc",
        'El notificador s\'ha canviat per "Ann"',
    ]


async def test_resolution_is_dated_while_it_lasts(client: Client, clock: Clock) -> None:
    made = await client.ticket()
    dates = []
    for status in (6, 7, 4, 3):
        clock.forward(timedelta(hours=1))
        dates.append((await client.put(made["id"], status_id=status))["resolution_date"])

    assert dates == ["2026-03-02T13:00:00", "2026-03-02T13:00:00", None, None]


async def test_deleting_by_status_is_deleting(any_client: Client, clock: Clock) -> None:
    made, other = await any_client.ticket(), await any_client.ticket()
    clock.forward(timedelta(hours=1))

    deleted = await any_client.put(made["id"], status_id=8, title="Last words")

    assert (deleted["status"]["value"], deleted["delete_date"], deleted["title"]) == (
        "deleted", "2026-03-02T13:00:00", "Last words",
    )  # fmt: skip
    assert is_error(await any_client("GET", f"/tickets/{made['id']}"), 404)
    assert is_error(await any_client("PUT", f"/tickets/{made['id']}", json={"status_id": 1}), 404)
    assert (await any_client("GET", "/tickets/")).json["total"] == 1
    assert (await any_client("DELETE", f"/tickets/{other['id']}")).json == {"message": "Ticket deleted successfully"}
    assert is_error(await any_client("DELETE", f"/tickets/{other['id']}"), 404)
    assert (await any_client("GET", "/tickets/?status_id=8")).json["total"] == 0


async def many(client: Client, clock: Clock) -> None:
    """Five on three days: b, a, c, e, d."""
    several: tuple[dict[str, Any], ...] = (
        {"title": "b", "status_id": 4, "crit_id": 1, "tool_id": 2, "center_id": 305},
        {"title": "a", "status_id": 3, "crit_id": 4, "tool_id": 2, "center_id": 273},
        {"title": "c", "status_id": 1, "crit_id": 2, "tool_id": 1, "type": "suggestion"},
        {"title": "e", "status_id": 7, "crit_id": 3, "tool_id": 2, "center_id": 305},
        {"title": "d", "status_id": 2, "crit_id": 3, "tool_id": 8, "center_id": 302},
    )
    for fields in several:
        await client.ticket(**fields)
        clock.forward(timedelta(hours=12))


LISTS = {
    "": "decab",
    "status_id=3": "a",
    "type=suggestion": "c",
    "type=incidence": "deab",
    "crit_id=3": "de",
    "tool_id=2": "eab",
    "center_id=305": "eb",
    "tool_id=2&center_id=305&crit_id=1": "b",
    "date_from=2026-03-03": "deca",
    "date_to=2026-03-02": "b",
    "date_from=2026-03-03&date_to=2026-03-03": "ca",
    "date_from=2026-03-05&date_to=2026-03-01": "",
    "date_from=0001-01-01&date_to=9999-12-31": "decab",
    "sort_by=title&sort_order=asc": "abcde",
    "sort_by=title": "edcba",
    "sort_by=creation_date&sort_order=asc": "baced",
    "sort_by=ticket_num&sort_order=asc": "baced",
    "sort_by=status&sort_order=asc": "cdabe",
    # Of two of the same priority the older one is first.
    "sort_by=priority&sort_order=asc": "bceda",
    "skip=1&limit=2&sort_by=title&sort_order=asc": "bc",
    "skip=4&limit=3&sort_by=title&sort_order=asc": "e",
    "skip=5": "",
    "cache_buster=1&limit=1": "d",
}


async def test_a_list_is_filtered_sorted_and_cut(any_client: Client, clock: Clock) -> None:
    await many(any_client, clock)

    assert {query: "".join(await listed(any_client, query)) for query in LISTS} == LISTS


async def test_a_page_says_which_it_is(client: Client) -> None:
    for _ in range(12):
        await client.ticket()

    first = (await client("GET", "/tickets/")).json
    third = (await client("GET", "/tickets/?skip=8&limit=4")).json

    assert (len(first["tickets"]), first["total"], first["page"], first["size"]) == (10, 12, 1, 10)
    assert (len(third["tickets"]), third["total"], third["page"], third["size"]) == (4, 12, 3, 4)
    assert list(third) == ["tickets", "total", "page", "size"]


MEANINGLESS = (
    "limit=0", "limit=101", "limit=x", "skip=-1", "skip=1000000000000000000000", "status_id=9", "status_id=new",
    "crit_id=0", "type=incident", "tool_id=99", "center_id=1", "date_from=yesterday", "date_to=2026-02-30",
    "date_from=1", "sort_by=password", "sort_order=up", "date_from=2026-03-02T00:00:00",
)  # fmt: skip


async def test_a_filter_that_means_nothing_is_refused(client: Client) -> None:
    for query in MEANINGLESS:
        await client.refused("GET", f"/tickets/?{query}", [None], query.partition("=")[0])


async def test_a_client_may_give_a_number_of_its_own(any_client: Client) -> None:
    made = await any_client.ticket(ticket_num="HOSP-2025.7")

    assert made["id"] == "HOSP-2025.7"
    for name in ("HOSP-2025.7", "INC000001"):
        assert (await any_client("GET", f"/tickets/{name}")).json["title"] == made["title"]
    assert (await any_client.put("HOSP-2025.7", title="Again"))["id"] == "HOSP-2025.7"
    assert is_error(await any_client("GET", "/tickets/HOSP-2025.8"), 404)


async def test_a_number_of_ones_own_is_one_tickets_only(any_client: Client) -> None:
    await any_client.ticket(ticket_num="HOSP-1")

    again = await any_client("POST", "/tickets/", json={**TICKET, "title": "Another", "ticket_num": "HOSP-1"})
    others = await any_client("POST", "/tickets/", "bob", json={**TICKET, "ticket_num": "HOSP-1"})

    assert is_error(again, 400)
    assert is_error(others, 400)
    assert "ticket_num" in again.json["detail"]
    assert (await any_client("GET", "/tickets/")).json["total"] == 1


async def test_a_number_that_an_import_brought_is_taken_too(any_client: Client) -> None:
    row = TicketRow(1, "Imported", "It came by file.", customer_name="Ann", external_id="HOSP-1")
    assert (
        await importing.run(any_client.served.desk, batches.of_rows(iter([row])), Origin("healthcare"))
    ).successful == 1

    refused = await any_client("POST", "/tickets/", json={**TICKET, "ticket_num": "HOSP-1"})
    await any_client.ticket(ticket_num="HOSP-2")
    again = row._replace(external_id="HOSP-2")
    result = await importing.run(any_client.served.desk, batches.of_rows(iter([again])), Origin("healthcare"))

    assert is_error(refused, 400)
    assert "ticket_num" in refused.json["detail"]
    assert (await any_client("GET", "/tickets/HOSP-1")).json["title"] == "Imported"
    assert (result.total, result.duplicates) == (1, 1)


async def test_the_same_ticket_sent_again_under_its_own_number_is_the_same(client: Client) -> None:
    first, again = [await client.ticket(ticket_num="HOSP-1") for _ in range(2)]

    assert first == again


async def test_a_number_of_its_own_makes_no_useless_key_good(client: Client) -> None:
    answer = await client("POST", "/tickets/", json={**TICKET, "ticket_num": "HOSP-1"}, headers={"Idempotency-Key": ""})

    assert is_error(answer, 400)


async def test_a_number_that_looks_like_ours_never_stands_in_front_of_ours(client: Client) -> None:
    """Whoever takes the number of a ticket to come must not be taken for it."""
    squatter = await client.ticket("alice", ticket_num="INC000002")
    second = await client.ticket(title="The real second")

    assert (squatter["id"], second["id"]) == ("INC000001", "INC000002")
    assert (await client("GET", "/tickets/INC000002")).json["title"] == "The real second"
    assert (await client("GET", "/tickets/INC000001")).json["title"] == squatter["title"]
    assert (await client("GET", "/tickets/INC000002", "alice")).json["title"] == squatter["title"]


async def test_a_number_that_looks_like_ours_finds_its_ticket_until_there_is_one_of_ours(client: Client) -> None:
    made = await client.ticket(ticket_num="INC777777")

    assert (await client("GET", "/tickets/INC777777")).json["id"] == made["id"] == "INC000001"


async def test_what_is_no_ticket_is_not_found(client: Client) -> None:
    await client.ticket()

    for name in (
        "INC000099",
        "INC",
        "INC0",
        "INC-1",
        "1",
        "inc000001",
        "INC000001x",
        "%00",
        "INC%0a",
        "..%2f..",
        "%FF",
    ):
        assert is_error(await client("GET", f"/tickets/{name}"), 404), name


async def test_a_ticket_that_came_by_mail_reads_sensibly(ask_any: Served, clock: Clock) -> None:
    client = Client(ask_any)
    receipt = await ask_any.desk.receive(a_mail(acknowledge=False))
    clock.forward(timedelta(hours=1))

    [shown] = (await client("GET", "/tickets/")).json["tickets"]

    assert shown == (await client("GET", "/tickets/INC000001")).json
    assert receipt.ticket_number == 1
    assert {name: shown[name] for name in _OF_A_MAIL} == _OF_A_MAIL
    assert shown["crit"]["id"] == shown["crit_id"]
    # It becomes an ordinary one when somebody works on it.
    changed = await client.put("INC000001", tool_id=1, center_id=305)
    assert (changed["tool_id"], changed["center"]["desc"]) == (1, "EAP St. Andreu de Llavaneres")
    assert (changed["people"], changed["notifier"]) == (["Ann Archer"], "Ann Archer")


_OF_A_MAIL: dict[str, Any] = {
    "id": "INC000001",
    "type": "incidence",
    "title": "Printer on fire",
    "description": "The printer on the second floor is on fire.",
    "status_id": 1,
    "tool_id": None,
    "center_id": None,
    "people": ["Ann Archer"],
    "pathway": "email",
    "notifier": "Ann Archer",
    "url": None,
    "creator": 0,
    "creation_date": "2026-03-02",
    "modify_date": None,
    "supports": 0,
    "attached": [],
    "created_by_user": {
        "id": 0,
        "username": "ann@customer.test",
        "email": "ann@customer.test",
        "permission_level": 3,
        "is_active": False,
    },
    "center": None,
    "tool": None,
}


async def test_a_ticket_from_here_can_be_replayed_from_its_raw_bytes(ask_any: Served) -> None:
    client = Client(ask_any)
    await client.ticket("alice", pathway="mobile", ticket_num="HOSP-1")

    async with ask_any.desk.reading() as connection:
        [entry] = await ledger.entries(connection)
        original = await ledger.original(connection, entry.id, ask_any.desk.blob_folder)

    assert b"HOSP-1" in original.raw
    assert entry.channel is Channel.API
