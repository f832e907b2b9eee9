"""Who may come in, and who has to go when there is no room."""

import pytest

from core.errors import Invalid
from ingest.smtp_gate import Gate, Phase, Visit, networks
from ingest.smtp_limits import Limits

LIMITS = Limits(connections=4, connections_per_address=2, ban=60, patience=3)


def test_one_address_has_only_so_many_places() -> None:
    gate = Gate(LIMITS, ())

    assert [come(gate, "192.0.2.1") is not None for _ in range(3)] == [True, True, False]
    assert come(gate, "192.0.2.2") is not None
    assert (gate.admitted, gate.turned_away) == (3, 1)


def test_a_place_is_free_again_once_its_visitor_has_left() -> None:
    gate = Gate(LIMITS, ())
    first, _ = come(gate, "192.0.2.1"), come(gate, "192.0.2.1")
    assert first is not None

    gate.exit(first)
    gate.exit(first)

    assert [come(gate, "192.0.2.1") is not None for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_addresses_of_one_household_are_one(first: str, second: str) -> None:
    gate = Gate(LIMITS, ())

    assert [come(gate, address) is not None for address in (first, second, first)] == [True, True, False]


def test_another_network_is_another_household() -> None:
    gate = Gate(LIMITS, ())

    assert all(come(gate, f"2001:db8:1:{n}::1") for n in range(3))


def test_a_trusted_relay_has_no_cap_of_its_own_and_is_never_banned() -> None:
    gate = Gate(LIMITS, networks(("127.0.0.1", "10.0.0.0/8", "::1")))
    visit = come(gate, "10.1.2.3")
    assert visit is not None

    gate.ban(visit, 0.0)

    assert [come(gate, address) is not None for address in ("10.1.2.3", "::ffff:10.1.2.3", "10.1.2.3")] == [True] * 3


def test_after_abuse_the_door_stays_shut_for_a_minute() -> None:
    gate = Gate(LIMITS, ())
    visit = come(gate, "192.0.2.1", now=100.0)
    assert visit is not None
    gate.exit(visit)

    gate.ban(visit, 100.0)

    assert [come(gate, "192.0.2.1", now=now) is not None for now in (100.0, 159.0, 160.0)] == [False, False, True]
    assert come(gate, "192.0.2.2", now=100.0) is not None


def test_when_it_is_full_whoever_has_done_nothing_for_longest_makes_room() -> None:
    gate = Gate(LIMITS, ())
    cut: list[str] = []
    for n in range(4):
        come(gate, f"192.0.2.{n}", now=float(n), cut=cut)

    assert come(gate, "192.0.2.9", now=2.9, cut=cut) is None
    assert come(gate, "192.0.2.9", now=4.0, cut=cut) is not None
    assert cut == ["192.0.2.0"]
    assert len(gate.visits) == 4


def test_nobody_makes_room_while_his_mail_is_being_committed() -> None:
    gate = Gate(LIMITS, ())
    for n in range(4):
        visit = come(gate, f"192.0.2.{n}")
        assert visit is not None
        visit.phase = Phase.COMMITTING

    assert come(gate, "192.0.2.9", now=1_000.0) is None


def test_no_relay_of_ours_makes_room_for_a_stranger() -> None:
    gate = Gate(LIMITS, networks(("127.0.0.1",)))
    cut: list[str] = []
    for n in range(4):
        come(gate, "127.0.0.1", cut=cut)
        come(gate, f"192.0.2.{n}", now=999.0, cut=cut)

    assert come(gate, "192.0.2.9", now=1_000.0, cut=cut) is None
    assert come(gate, "127.0.0.1", now=1_000.0, cut=cut) is not None
    assert cut == ["127.0.0.1"]


def test_a_crowd_of_strangers_keeps_no_relay_of_ours_out() -> None:
    gate = Gate(LIMITS, networks(("127.0.0.1",)))
    for n in range(4):
        assert come(gate, f"192.0.2.{n}", now=1.0) is not None

    assert all(come(gate, "127.0.0.1", now=1.0) for _ in range(4))
    assert len(gate.visits) == 8


def test_a_closed_gate_lets_nobody_in() -> None:
    gate = Gate(LIMITS, networks(("127.0.0.1",)))
    gate.closed = True

    assert come(gate, "127.0.0.1") is None


def test_proxies_wait_in_places_of_their_own_and_keep_nobody_out() -> None:
    gate = Gate(LIMITS, ())
    cut: list[str] = []
    waiting = [gate.visit("192.0.2.1", float(n), lambda last_words: cut.append("oldest")) for n in range(5)]

    assert [gate.hold(visit, 2.0) for visit in waiting] == [True] * 4 + [False]
    assert come(gate, "192.0.2.1") is not None
    assert gate.hold(waiting[4], 3.0)
    assert cut == ["oldest"]
    assert (gate.admitted, gate.turned_away, len(gate.visits)) == (1, 1, 5)


def test_a_closed_gate_waits_for_those_who_are_held_and_holds_nobody_more() -> None:
    gate = Gate(LIMITS, ())
    visit = gate.visit("192.0.2.1", 0.0, lambda last_words: None)
    assert gate.hold(visit, 0.0)

    gate.closed = True

    assert not gate.hold(gate.visit("192.0.2.1", 0.0, lambda last_words: None), 0.0)
    assert not gate.empty.is_set()
    gate.exit(visit)
    assert gate.empty.is_set()


def test_a_relay_that_is_no_address_is_told_at_the_start() -> None:
    with pytest.raises(Invalid, match="trusted_relays"):
        networks(("mx.example.com",))


def come(gate: Gate, address: str, *, now: float = 0.0, cut: list[str] | None = None) -> Visit | None:
    visit = gate.visit(address, now, lambda last_words: cut.append(address) if cut is not None else None)
    return visit if gate.enter(visit, now) else None
