"""The form over a real socket: what it shows, what it takes, what it turns away, and that nothing typed is lost."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select

from core import archive, ledger, tables
from core.desk import Desk
from core.mail import marks
from core.storage import blobs
from core.vocabulary import Channel, Disposition, Outcome
from ingest import form_texts
from ingest.commands import replayed
from tests.builders import Clock
from tests.ingest.form_visitor import Visitor, ticket_count, visiting
from tests.stored import rows

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
async def visitor(desk: Desk, clock: Clock) -> AsyncIterator[Visitor]:
    async with visiting(desk, clock) as visitor:
        yield visitor


async def test_the_form_has_a_label_for_every_field_and_needs_no_script(visitor: Visitor) -> None:
    form = await visitor.open()

    assert form.status == 200
    assert form.page.get("lang") == "en"
    labels = {label.get("for") for label in form.page.iter("label")}
    fields = {one.get("id") for one in form.page.xpath("//input[@type!='hidden']|//textarea")}
    assert fields == labels == {"name", "email", "subject", "message", "files", "website"}
    assert not form.page.xpath("//script|//@style|//@onclick")


async def test_the_form_asks_nobody_else_for_anything(visitor: Visitor) -> None:
    form = await visitor.open()

    links = form.page.xpath("//@src|//@href|//@action")
    assert links
    assert all(str(link).startswith("/") and not str(link).startswith("//") for link in links)
    assert "default-src 'none'" in form.headers["Content-Security-Policy"]
    assert form.headers["Referrer-Policy"] == "no-referrer"
    assert form.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_post_opens_a_ticket_and_leads_to_its_status_page(any_desk: Desk, clock: Clock) -> None:
    async with visiting(any_desk, clock) as visitor:
        answer = await visitor.send(await visitor.fill_in(email=" Ann@Customer.Test "), [("fire.png", PNG)])

        assert answer.status == 303
        status = await visitor.open(answer.headers["Location"])
    assert status.status == 200
    assert "Printer on fire" in status.text
    async with any_desk.reading() as connection:
        ticket = (await connection.execute(select(tables.tickets))).one()
        person = (await connection.execute(select(tables.identities))).one()
        file = (await connection.execute(select(tables.attachments))).one()
        assert await blobs.load(connection, any_desk.blob_folder, file.sha256) == PNG
    assert answer.headers["Location"] == f"/t/{ticket.embed_token}"
    assert (ticket.channel, ticket.subject) == (Channel.WEB_FORM, "Printer on fire")
    assert (person.channel, person.address) == (Channel.EMAIL, "ann@customer.test")
    assert (file.filename, file.content_type, file.size) == ("fire.png", "image/png", len(PNG))


async def test_a_post_is_kept_in_the_ledger_so_that_it_can_be_replayed(visitor: Visitor, desk: Desk) -> None:
    await visitor.send(await visitor.fill_in(), [("fire.png", PNG)], User_Agent="Browser/1", Accept_Language="de-AT,en")

    async with desk.reading() as connection:
        row = (await connection.execute(select(tables.ledger))).one()
    raw = row.raw
    assert row.envelope == {"ip": "127.0.0.1", "user_agent": "Browser/1"}
    replayed = archive.unpack(raw, dict.fromkeys(archive.file_hashes(raw), PNG))
    assert (replayed.text, replayed.language) == ("The printer on the second floor is on fire.", "de-at")
    assert [file.data for file in replayed.files] == [PNG]
    assert orjson.loads(raw)["acknowledge"] is False


async def test_nobody_is_written_to_because_somebody_typed_in_their_address(visitor: Visitor, desk: Desk) -> None:
    for number in range(5):
        await visitor.send(await visitor.fill_in(email="victim@elsewhere.test", subject=f"Bomb {number}"))

    assert await ticket_count(desk) == 5
    async with desk.reading() as connection:
        assert (await connection.execute(select(tables.deliveries))).all() == []


async def test_all_problems_are_shown_at_once_and_what_was_typed_is_kept(visitor: Visitor, desk: Desk) -> None:
    filled = await visitor.fill_in(name="n" * 200, email="ann@", subject=" ", message="")

    answer = await visitor.send(filled, [("virus.exe", b"MZ"), ("page.png", b"<svg onload=x>")])

    assert answer.status == 422
    assert [where for where, _ in answer.problems] == ["#name", "#email", "#subject", "#message", "#files", "#files"]
    assert answer.value("name") == "n" * 200
    assert answer.value("email") == "ann@"
    assert await ticket_count(desk) == 0


async def test_a_problem_is_tied_to_its_field_for_those_who_hear_the_page(visitor: Visitor) -> None:
    answer = await visitor.send(await visitor.fill_in(email="nonsense"))

    (email,) = answer.page.xpath("//input[@name='email']")
    (subject,) = answer.page.xpath("//input[@name='subject']")
    assert email.get("aria-invalid") == "true"
    (described,) = [answer.page.get_element_by_id(one) for one in email.get("aria-describedby").split()]
    assert described.text_content().strip() == form_texts.ENGLISH["email_wrong"]
    assert subject.get("aria-invalid") is None


async def test_that_files_cannot_be_kept_is_said_only_to_those_who_chose_some(visitor: Visitor) -> None:
    words = form_texts.ENGLISH["files_again"]

    without = await visitor.send(await visitor.fill_in(subject=""))
    with_files = await visitor.send(await visitor.fill_in(subject=""), [("fire.png", PNG)])

    assert words not in without.text
    assert words in with_files.text


MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "--><script>alert(1)</script><!--",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil",
]


@pytest.mark.parametrize("markup", MARKUP)
async def test_markup_in_any_field_is_only_ever_text(visitor: Visitor, markup: str) -> None:
    fields = await visitor.fill_in(name=markup, email=markup, subject=markup, message=markup)

    shown = await visitor.send(fields, [(f"{markup}.exe".replace('"', ""), b"x")])
    opened = await visitor.send({**fields, "email": "ann@customer.test"})
    status = await visitor.open(opened.headers["Location"])

    assert shown.status == 422
    for name in ("name", "email", "subject", "message"):
        assert shown.value(name) == markup
    for page in (shown.page, status.page):
        assert not page.xpath("//script|//@onerror|//@onload|//*[local-name()='svg']")
        assert [image.get("src") for image in page.iter("img")] == ["/static/bell.svg"]


async def test_a_robot_that_fills_in_the_hidden_field_is_thanked_and_opens_no_ticket(
    visitor: Visitor, desk: Desk
) -> None:
    answer = await visitor.send(await visitor.fill_in(website="https://casino.test"))

    assert (answer.status, answer.headers["Location"]) == (303, "/thanks")
    assert (await visitor.open("/thanks")).status == 200
    assert await ticket_count(desk) == 0


async def test_what_the_trap_caught_lies_in_the_ledger_and_can_be_released(visitor: Visitor, desk: Desk) -> None:
    await visitor.send(await visitor.fill_in(website="filled by my browser"))
    async with desk.reading() as connection:
        [entry] = await ledger.entries(connection)

    receipt = await replayed(desk, entry.id)

    assert entry.disposition is Disposition.SPAM
    assert receipt.outcome is Outcome.OPENED
    assert await ticket_count(desk) == 1


async def test_a_robot_whose_fields_cannot_be_used_is_thanked_all_the_same(visitor: Visitor, desk: Desk) -> None:
    answer = await visitor.send(await visitor.fill_in(website="x", email="none"))

    assert (answer.status, answer.headers["Location"]) == (303, "/thanks")
    assert await ticket_count(desk) == 0


async def test_the_hidden_field_is_hidden_from_people_of_every_kind(visitor: Visitor) -> None:
    form = await visitor.open()

    (trap,) = form.page.xpath("//input[@name='website']")
    assert (trap.get("tabindex"), trap.get("autocomplete")) == ("-1", "off")
    assert trap.getparent().get("aria-hidden") == "true"
    assert trap.getparent().get("class") == "away"


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 56, "AAAA\x00ä", "."])
async def test_a_form_without_a_good_token_is_shown_again_with_a_fresh_one(
    visitor: Visitor, desk: Desk, clock: Clock, token: str
) -> None:
    filled = await visitor.fill_in(token=token, message="Worth keeping")

    answer = await visitor.send(filled)

    assert answer.status == 422
    assert answer.value("message") == "Worth keeping"
    assert await ticket_count(desk) == 0
    clock.forward(timedelta(minutes=1))
    assert (await visitor.send({**filled, "token": answer.token})).status == 303


async def test_a_form_that_was_open_for_too_long_can_be_sent_with_one_more_click(
    visitor: Visitor, clock: Clock
) -> None:
    filled = await visitor.fill_in()
    clock.forward(timedelta(hours=25))

    stale = await visitor.send(filled)

    assert stale.status == 422
    assert stale.token != filled["token"]
    clock.forward(timedelta(seconds=5))
    assert (await visitor.send({**filled, "token": stale.token})).status == 303


async def test_a_form_sent_faster_than_anybody_types_waits_for_a_second_click(visitor: Visitor, clock: Clock) -> None:
    filled = await visitor.fill_in(token=(await visitor.open()).token)

    quick = await visitor.send({**filled, "token": (await visitor.open()).token})

    assert quick.status == 422
    assert "very quick" in quick.alert
    clock.forward(timedelta(seconds=2))
    assert (await visitor.send({**filled, "token": quick.token})).status == 303


async def test_a_form_sent_from_a_page_of_another_site_is_only_shown(visitor: Visitor, desk: Desk) -> None:
    filled = await visitor.fill_in()

    foreign = await visitor.send(filled, Sec_Fetch_Site="cross-site")

    assert foreign.status == 422
    assert await ticket_count(desk) == 0
    assert (await visitor.send(filled, Sec_Fetch_Site="same-origin")).status == 303


async def test_a_double_click_is_one_ticket(visitor: Visitor, desk: Desk) -> None:
    filled = await visitor.fill_in()

    first = await visitor.send(filled, [("fire.png", PNG)])
    again = await visitor.send(filled, [("fire.png", PNG)])

    assert first.headers["Location"] == again.headers["Location"]
    assert await ticket_count(desk) == 1


async def test_what_somebody_corrects_after_going_back_is_not_swallowed(visitor: Visitor, desk: Desk) -> None:
    filled = await visitor.fill_in()

    first = await visitor.send(filled)
    corrected = await visitor.send({**filled, "message": "It is on the third floor."})

    assert first.headers["Location"] != corrected.headers["Location"]
    assert await ticket_count(desk) == 2


async def test_who_writes_too_often_is_asked_to_wait_and_loses_nothing(desk: Desk, clock: Clock) -> None:
    waits: dict[str, float | None] = {"127.0.0.1": None}
    async with visiting(desk, clock, allow=lambda ip: waits[ip]) as visitor:
        filled = await visitor.fill_in(message="Worth keeping")
        waits["127.0.0.1"] = 90.5

        answer = await visitor.send(filled, [("fire.png", PNG)])

    assert (answer.status, answer.headers["Retry-After"]) == (429, "91")
    assert "2 minutes" in answer.alert
    assert answer.value("message") == "Worth keeping"
    assert answer.token == filled["token"]
    assert await ticket_count(desk) == 0


async def test_when_the_desk_cannot_store_it_says_so_and_keeps_what_was_typed(visitor: Visitor, desk: Desk) -> None:
    filled = await visitor.fill_in(message="Worth keeping")
    await desk.drain()

    answer = await visitor.send(filled)

    assert answer.status == 503
    assert "try again" in answer.alert
    assert answer.value("message") == "Worth keeping"
    # The same token: if it was stored after all, sending it again opens no second ticket.
    assert answer.token == filled["token"]


async def test_while_the_disk_has_no_room_it_says_so_and_keeps_what_was_typed(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = await visitor.fill_in(message="Worth keeping")
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 63 * 2**20))

    answer = await visitor.send(filled)

    assert answer.status == 503
    assert answer.value("message") == "Worth keeping"
    assert await ticket_count(desk) == 0


async def test_a_blocked_sender_is_thanked_like_anybody(visitor: Visitor, desk: Desk, clock: Clock) -> None:
    await visitor.send(await visitor.fill_in())
    [identity] = await rows(desk, tables.identities)
    async with desk.writing() as connection:
        await marks.block(connection, str(identity.address), "", None, by="carol", now=clock())

    answer = await visitor.send(await visitor.fill_in(subject="Another one"))

    assert (answer.status, answer.headers["Location"]) == (303, "/thanks")
    assert await ticket_count(desk) == 1


async def test_our_own_address_is_nobodys_to_be_answered_at(visitor: Visitor) -> None:
    answer = await visitor.send(await visitor.fill_in(email="support+42-1-aaaaaaaaaaaaaaaa@desk.test"))

    assert answer.problems == [("#email", form_texts.ENGLISH["email_ours"])]


async def test_what_cannot_be_stored_or_seen_is_cleaned_away(visitor: Visitor, desk: Desk) -> None:
    nasty = "a\x00b\x1bc\x85d\u202ee\ufeff"

    answer = await visitor.send(await visitor.fill_in(name=nasty, subject=nasty, message=f"{nasty}\r\nsecond line"))

    assert answer.status == 303
    async with desk.reading() as connection:
        ticket = (await connection.execute(select(tables.tickets))).one()
    assert ticket.subject.startswith("abc")
    assert not set(ticket.subject + ticket.description) & set("\x00\x1b\x85\u202e\r")
    assert ticket.description.endswith("\nsecond line")


async def test_an_urlencoded_post_opens_a_ticket_too(visitor: Visitor) -> None:
    filled = await visitor.fill_in()
    body = "&".join(f"{name}={value.replace('@', '%40').replace(' ', '+')}" for name, value in filled.items())

    answer = await visitor.send_raw(body.encode(), "application/x-www-form-urlencoded")

    assert answer.status == 303


async def test_a_form_that_is_switched_off_is_not_there(desk: Desk, clock: Clock) -> None:
    off = desk.settings.form.model_copy(update={"enabled": False})
    desk.settings = desk.settings.model_copy(update={"form": off})
    async with visiting(desk, clock) as visitor:
        assert (await visitor.open()).status == 404


async def test_links_hold_where_the_desk_lives_under_a_path(desk: Desk, clock: Clock) -> None:
    public = desk.settings.desk.model_copy(update={"public_url": "https://example.test/help"})
    desk.settings = desk.settings.model_copy(update={"desk": public})
    async with visiting(desk, clock) as visitor:
        form = await visitor.open()
        answer = await visitor.send(await visitor.fill_in())

    assert form.page.xpath("//form/@action") == ["/help/"]
    assert answer.headers["Location"].startswith("/help/t/")


@pytest.mark.parametrize("language", sorted(form_texts.LANGUAGES))
def test_every_language_has_every_sentence(language: str) -> None:
    assert form_texts.LANGUAGES[language].keys() == form_texts.ENGLISH.keys()


def test_an_unknown_language_is_served_in_english() -> None:
    assert form_texts.of("tlh") is form_texts.of("en-GB") is form_texts.ENGLISH
