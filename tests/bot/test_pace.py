"""How fast a bot may speak: by chat, by group and in all, and who has to wait when Telegram says so."""

import itertools

from bot.pace import A_SECOND_BY_ITSELF, Pace, Share

GROUP = "-100500"


def sent(pace: Pace, chat: str, times: int, *, at: float = 0.0) -> float:
    """Send as soon as it may; answers when the last went."""
    for _ in range(times):
        at += pace.wait(chat, at)
        pace.took(chat, at)
    return at


def test_a_chat_gets_one_message_a_second() -> None:
    assert sent(Pace(), "7", 4) == 3.0


def test_a_group_gets_twenty_a_minute() -> None:
    pace = Pace()

    assert sent(pace, GROUP, 20) == 19.0
    assert pace.wait(GROUP, 19.0) == 41.0
    assert sent(pace, GROUP, 21, at=19.0) == 120.0


def test_all_chats_together_get_thirty_a_second() -> None:
    pace = Pace()
    for n in range(30):
        assert pace.wait(str(n), 0.0) == 0.0
        pace.took(str(n), 0.0)

    assert pace.wait("99", 0.25) == 0.75


def test_what_the_desk_says_by_itself_leaves_room_for_what_somebody_wrote() -> None:
    pace = Pace()
    for n in range(25):
        assert pace.wait(str(n), 0.0, most=A_SECOND_BY_ITSELF) == 0.0
        pace.took(str(n), 0.0)

    for n in range(25, 30):
        assert pace.wait(str(n), 0.25, most=A_SECOND_BY_ITSELF) == 0.75
        assert pace.wait(str(n), 0.25) == 0.0
        pace.took(str(n), 0.25)
    assert pace.wait("99", 0.25) == 0.75


def test_a_chat_that_is_held_waits_and_the_others_do_not() -> None:
    pace = Pace()
    pace.hold("7", 30, 100.0)

    assert pace.wait("7", 110.0) == 20.0
    assert pace.wait("8", 110.0) == 0.0
    assert pace.wait("7", 130.0) == 0.0


def test_a_group_that_moved_has_spoken_as_much_as_before() -> None:
    pace = Pace()
    sent(pace, GROUP, 20)
    pace.moved(GROUP, "-100600")

    assert pace.wait("-100600", 19.0) == 41.0


def test_what_was_long_ago_is_forgotten() -> None:
    pace = Pace()
    for n in range(1000):
        pace.took(str(n), float(n))

    assert len(pace._chats) < 200


def test_cards_and_posts_leave_a_third_of_a_groups_minute_to_others_and_never_wait_long() -> None:
    share, moments, at = Share(), [], 0.0
    while at < 600:
        at += share.wait(at)
        share.took(at)
        moments.append(at)

    assert moments[:4] == [0.0] * 4
    assert max(b - a for a, b in itertools.pairwise(moments)) == 6.0
    assert max(sum(1 for one in moments if start <= one < start + 60) for start in moments) <= 14
