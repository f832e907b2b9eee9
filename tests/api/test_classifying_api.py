"""Having a ticket classified again, and what remembers that a person decided otherwise."""

from tests.api.conftest import Api


async def test_a_ticket_is_classified_again_and_says_why(api: Api) -> None:
    opened = await api.ticket(
        "alice",
        subject="Cannot login to my account",
        description="I've been trying to login for the past hour but keep getting an access denied error.",
        category="other",
        priority="low",
    )
    path = f"/tickets/{opened['id']}"

    answer = await api("POST", f"{path}/auto-classify", "bob")

    assert answer.status == 200
    ticket, found = answer.json["ticket"], answer.json["classification"]
    assert set(found) == {"category", "priority", "confidence", "reasoning", "keywords_found"}
    assert (ticket["category"], found["category"]) == ("account_access", "account_access")
    assert ticket["classification_keywords"] == found["keywords_found"]
    assert ticket["classification_confidence"] == found["confidence"]
    assert ticket == (await api("GET", path, "bob")).json
    changes = (await api("GET", f"{path}/changes", "bob")).json["changes"]
    assert ("category", "other", "account_access") in [(c["field"], c["old"], c["new"]) for c in changes]


async def test_only_a_changed_category_is_a_manual_override_and_classifying_again_ends_it(api: Api) -> None:
    opened = await api.ticket("alice", description="The invoice is wrong, I was charged twice.")
    path = f"/tickets/{opened['id']}"
    steps = ({"priority": "urgent"}, {"category": opened["category"]}, {"category": "feature_request"})

    override = [(await api("PATCH", path, "bob", json=step)).json["manual_override"] for step in steps]
    again = await api("POST", f"{path}/auto-classify", "bob")

    assert override == [False, False, True]
    assert again.json["ticket"]["manual_override"] is False
    assert again.json["ticket"]["category"] == opened["category"]


async def test_a_condition_on_the_version_holds_for_classifying_too(sqlite_api: Api) -> None:
    opened = await sqlite_api.ticket("alice")

    answer = await sqlite_api("POST", f"/tickets/{opened['id']}/auto-classify", "bob", headers={"If-Match": '"9"'})

    assert answer.is_problem(412)


async def test_what_the_desk_doubts_is_listed_until_somebody_says_that_it_is_right(api: Api) -> None:
    doubtful = await api.ticket("alice", subject="Zebra", description="Zebra zebra zebra")
    await api.ticket("alice", subject="Login", description="I forgot my password and cannot log in")
    path = f"/tickets/{doubtful['id']}"

    waiting = (await api("GET", "/tickets?needs_review=true", "bob")).json["tickets"]
    settled = (await api("GET", "/tickets?needs_review=false", "bob")).json["tickets"]
    confirmed = (await api("PATCH", path, "bob", json={"needs_review": False})).json
    after = (await api("GET", "/tickets?needs_review=true", "bob")).json["tickets"]

    assert [ticket["id"] for ticket in waiting] == [doubtful["id"]]
    assert [ticket["needs_review"] for ticket in settled] == [False]
    assert (confirmed["needs_review"], confirmed["category"], confirmed["manual_override"]) == (False, "other", False)
    assert after == []


async def test_only_staff_is_told_what_the_desk_doubts(sqlite_api: Api) -> None:
    opened = await sqlite_api.ticket("alice", subject="Zebra", description="Zebra zebra zebra")

    shown = (await sqlite_api("GET", f"/tickets/{opened['id']}", "alice")).json

    assert not {"needs_review", "possible_duplicate_of"} & set(shown)
    assert (opened["classification_reasoning"], shown["classification_reasoning"]) == (None, None)
    assert (await sqlite_api("GET", f"/tickets/{opened['id']}", "bob")).json["classification_reasoning"]
    assert (await sqlite_api("PATCH", f"/tickets/{opened['id']}", "bob", json={"needs_review": True})).status == 400
    same = (await sqlite_api("PATCH", f"/tickets/{opened['id']}", "bob", json={"possible_duplicate_of": None})).json
    assert same["possible_duplicate_of"] is None
