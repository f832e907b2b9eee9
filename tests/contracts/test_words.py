"""The round-trip law: every word of every document comes out as it went in, and every word of core has one."""

from enum import StrEnum
from typing import Any, get_args

import pytest

from api.contracts.contract import Words
from api.contracts.table import CONTRACTS
from core import config

TABLES = [
    pytest.param(table, id=f"{contract.name}-{type(next(iter(table.inward.values()))).__name__}")
    for contract in CONTRACTS.values()
    for table in contract.words
]


@pytest.mark.parametrize("table", TABLES)
def test_every_word_comes_out_as_it_went_in(table: Words[Any, Any]) -> None:
    assert {wire: table.outward[core] for wire, core in table.inward.items()} == {wire: wire for wire in table.inward}


@pytest.mark.parametrize("table", TABLES)
def test_no_word_of_core_is_without_one(table: Words[Any, Any]) -> None:
    closed_set: type[StrEnum] = type(next(iter(table.inward.values())))

    assert set(table.outward) | table.hidden == set(closed_set)
    assert set(table.outward) & table.hidden == set()


@pytest.mark.parametrize("table", TABLES)
def test_a_filter_by_a_word_finds_all_that_is_shown_as_it(table: Words[Any, Any]) -> None:
    for wire in table.inward:
        assert {table.outward[core] for core in table.read(wire)} == {wire}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("said", ["", "no such word", "deleted", None, 1.5, [], {}])
def test_an_unknown_word_is_answered_with_all_there_are(table: Words[Any, Any], said: object) -> None:
    if isinstance(said, str) and said in table.inward:
        pytest.skip("a word of this document")

    with pytest.raises(ValueError, match="must be one of: ") as told:
        table.word(said)

    assert all(str(wire) in str(told.value) for wire in table.inward)


def test_the_configuration_knows_the_contracts_and_which_are_open() -> None:
    assert set(get_args(config.ContractName)) == set(CONTRACTS)
    assert {contract.name for contract in CONTRACTS.values() if contract.is_open} == config.OPEN_CONTRACTS
