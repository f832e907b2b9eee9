"""Reference lists over the native API: an admin renames, adds and withdraws; the contract shows it."""

import pytest

from tests.api.conftest import ON_ITS_LOOP, Api

TOOL = "/reference-data/healthcare/tool"


async def test_the_lists_of_a_contract_are_shown_as_its_document_has_them(sqlite_api: Api) -> None:
    found = (await sqlite_api("GET", "/reference-data/healthcare", "carol")).json

    assert {name: len(entries) for name, entries in found.items()} == {"status": 8, "crit": 4, "tool": 8, "center": 3}
    assert found["center"][0] == {
        "id": 1, "value": "305", "label": "EAP St. Andreu de Llavaneres", "active": True,
    }  # fmt: skip


async def test_an_entry_is_changed_and_another_added(api: Api) -> None:
    renamed = await api("PUT", f"{TOOL}/1", "carol", json={"value": "ECAP", "label": "Estació clínica"})
    added = await api("PUT", f"{TOOL}/9", "carol", json={"value": "LAB", "label": "Laboratori", "active": False})

    assert (renamed.status, added.status) == (200, 200)
    tools = (await api("GET", "/reference-data/healthcare", "carol")).json["tool"]
    assert tools[0]["label"] == "Estació clínica"
    assert tools[-1] == added.json == {"id": 9, "value": "LAB", "label": "Laboratori", "active": False}


@pytest.mark.parametrize(
    ("path", "entry", "status"),
    [
        ("tool/9", {"value": "ECAP", "label": "Twice"}, 409),
        ("tool/9", {"value": " ", "label": "x"}, 400),
        ("tool/9", {"value": "x"}, 400),
        ("tool/9", {"value": "x", "label": "y", "id": 9}, 400),
        ("status/9", {"value": "new", "label": "Nova"}, 400),
        ("crit/5", {"value": "urgent", "label": "Urgent"}, 400),
        ("center/4", {"value": "EAP", "label": "Mataró"}, 400),
        ("center/4", {"value": "٣", "label": "Mataró"}, 400),
        ("people/1", {"value": "x", "label": "y"}, 404),
        ("tool/0", {"value": "x", "label": "y"}, 404),
        ("tool/9999999999", {"value": "x", "label": "y"}, 404),
        ("../basic/tool/1", {"value": "x", "label": "y"}, 404),
    ],
)
@ON_ITS_LOOP
async def test_what_fits_no_list_is_refused(standing: Api, path: str, entry: object, status: int) -> None:
    answer = await standing("PUT", f"/reference-data/healthcare/{path}", "carol", json=entry)

    assert answer.is_problem(status), answer.body


async def test_a_contract_without_lists_has_none(sqlite_api: Api) -> None:
    assert (await sqlite_api("GET", "/reference-data/basic", "carol")).is_problem(404)
