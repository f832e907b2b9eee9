"""Posting a customer's words to agents: what a crash or a broken line leaves in doubt is said once more, and then shown."""

import httpx
import pytest
from telegram.error import NetworkError, RetryAfter, TelegramError

from bot import posts, sentences, views
from core import tables
from core.chat import chats, postings, topic_work, topics
from core.chat.topic_work import Unposted
from core.desk import Desk
from tests.stored import a_chat_line, numbered, rows

GROUP = "-100500"
ENGLISH = sentences.of("en")


def timed_out() -> NetworkError:
    """Telegram may have it: the line broke while waiting for the answer."""
    error = NetworkError("timed out")
    error.__cause__ = httpx.ReadTimeout("timed out")
    return error


@pytest.fixture
async def waiting(any_desk: Desk) -> Desk:
    """A topic with its card, and words of the customer's that are not in it yet."""
    await any_desk.receive(a_chat_line("1", "It burns"))
    ticket = await numbered(any_desk, 1)
    await any_desk.receive(a_chat_line("2", "It smokes", ticket_id=ticket.id))
    async with any_desk.writing() as connection:
        await topics.make(connection, ticket.id, GROUP, "7", any_desk.clock())
        await topics.shown(connection, ticket.id, "8", ticket.version + 1)
    return any_desk


async def unposted(desk: Desk) -> list[Unposted]:
    async with desk.reading() as connection:
        return await topic_work.unposted(connection, GROUP, desk.clock())


async def post(desk: Desk, became: str, error: TelegramError | None = None) -> str:
    """Post what waits; answers the title that the post has."""
    async with posts.posting(desk, await unposted(desk), GROUP) as posting:
        title = posting.title(ENGLISH)
        posting.became = became
        if error:
            raise error
    return title


async def unsure(desk: Desk) -> tuple[int, int, bool]:
    """What the card of the ticket tells, what `doctor` tells, and whether the card is behind."""
    ticket = await numbered(desk, 1)
    async with desk.reading() as connection:
        view = await views.of(connection, ticket, desk.settings, desk.clock())
        behind = await topic_work.outdated(connection, GROUP)
        return view.unsure, await postings.count(connection), behind is not None


async def test_what_was_posted_is_known_by_its_post_and_in_no_doubt(waiting: Desk) -> None:
    title = await post(waiting, "9")

    assert title == ""
    assert [one.remote_id for one in await rows(waiting, tables.message_pairs) if one.place == GROUP] == ["9"]
    assert await unposted(waiting) == []
    assert await unsure(waiting) == (0, 0, False)


async def test_what_nobody_knows_of_is_posted_once_more_saying_so_and_then_only_shown_as_a_doubt(waiting: Desk) -> None:
    with pytest.raises(NetworkError):
        await post(waiting, "", timed_out())
    assert len(await unposted(waiting)) == 1
    assert await unsure(waiting) == (0, 0, False)

    with pytest.raises(NetworkError):
        await post(waiting, "", timed_out())

    assert await unposted(waiting) == []
    assert await unsure(waiting) == (1, 1, True)


async def test_the_second_post_says_that_it_may_be_one_and_ends_the_doubt(waiting: Desk) -> None:
    # A process that dies between sending and writing leaves just this.
    async with waiting.writing() as connection:
        await postings.begin(connection, [one.message_id for one in await unposted(waiting)], GROUP, waiting.clock())

    title = await post(waiting, "9")

    assert title == ENGLISH("posted_again")
    # The card, which told of the doubt meanwhile, is drawn again.
    assert await unsure(waiting) == (0, 0, True)


@pytest.mark.parametrize("error", [RetryAfter(3), None])
async def test_what_is_known_not_to_have_been_posted_is_tried_as_if_for_the_first_time(
    waiting: Desk, error: TelegramError | None
) -> None:
    for _ in range(3):
        if error:
            with pytest.raises(RetryAfter):
                await post(waiting, "", error)
        else:
            # The topic was deleted.
            await post(waiting, "")

    assert await post(waiting, "9") == ""


async def test_a_doubt_goes_with_its_group_to_its_new_number(waiting: Desk) -> None:
    messages = [one.message_id for one in await unposted(waiting)]

    async with waiting.writing() as connection:
        await postings.begin(connection, messages, GROUP, waiting.clock())
        await chats.moved(connection, GROUP, "-100600")
        again = await postings.begin(connection, messages, "-100600", waiting.clock())

    assert again
