"""The list of accounts: which, and in what order."""

import random
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.licensing.verdicts import VERDICTS, verdict_of
from kconsole.model.records import Entry
from kconsole.operations.roster import ORDER_WORDS, RosterQuery, SortField, in_order, order_words, select
from tests.clocks import noon
from tests.licensing.strategies import entries
from tests.operations.sessions import account, alias, logged_in

NOW = noon().now()
OLD = account("old", last_login=logged_in(400, "POP3"), full_name="Zoë")
RECENT = account("Recent", last_login=logged_in(3, "IMAP"), full_name="anna", role="full_admin")
NEVER = account("never", full_name="Berg", origin="imported", role="auditor")
DISABLED = account("c@south.example", last_login=logged_in(200, "EAS"), enabled=False, description="left [/] us")
INFO = alias("info", "old")
LIST = account("all", kind="mailing_list")
EVERYTHING = [RECENT, INFO, DISABLED, OLD, LIST, NEVER]


def chosen(**query: Any) -> list[str]:
    return [entry.login for entry in select(EVERYTHING, RosterQuery(**query), NOW)]


def test_by_default_never_comes_first_then_the_oldest_and_lists_last() -> None:
    assert chosen() == ["never", "old", "c", "Recent", "all", "info"]


def test_the_other_way_round_lists_stay_last() -> None:
    assert chosen(reverse=True) == ["Recent", "c", "old", "never", "all", "info"]


@pytest.mark.parametrize(
    ("query", "logins"),
    [
        ({"domain": "SOUTH.example"}, ["c"]),
        ({"domain": "west.example"}, []),
        ({"verdict": "alias"}, ["info"]),
        ({"verdict": "disabled"}, ["c"]),
        ({"inactive": timedelta(days=180)}, ["old", "c"]),
        ({"inactive": timedelta(days=200)}, ["old"]),
        ({"never": True}, ["never"]),
        ({"never": True, "inactive": timedelta(days=180)}, ["never", "old", "c"]),
        ({"never": True, "verdict": "local"}, []),
        ({"text": "NORTH zoë"}, ["old"]),
        ({"text": "ZOE\u0308"}, ["old"]),
        ({"text": "[/]"}, ["c"]),
        ({"text": "nobody"}, []),
        ({"text": "  "}, ["never", "old", "c", "Recent", "all", "info"]),
    ],
)
def test_a_query_chooses(query: dict[str, Any], logins: list[str]) -> None:
    assert chosen(**query) == logins


@pytest.mark.parametrize(
    ("sort", "logins"),
    [
        ("address", ["all", "c", "info", "never", "old", "Recent"]),
        ("name", ["all", "c", "info", "Recent", "never", "old"]),
        ("seat", ["never", "old", "Recent", "all", "c", "info"]),
        ("because", ["info", "c", "never", "old", "Recent", "all"]),
        ("protocol", ["all", "info", "never", "c", "Recent", "old"]),
        ("domain", ["all", "info", "never", "old", "Recent", "c"]),
        ("kind", ["info", "all", "c", "never", "old", "Recent"]),
        ("origin", ["never", "all", "c", "info", "old", "Recent"]),
        ("role", ["all", "c", "info", "old", "never", "Recent"]),
    ],
)
def test_each_column_sorts_with_the_address_to_break_ties(sort: SortField, logins: list[str]) -> None:
    assert chosen(sort=sort) == logins


@given(
    st.lists(entries(), max_size=8),
    st.sampled_from(get_args(SortField)),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_sorting_keeps_everything_and_does_not_depend_on_the_order_before(
    drawn: list[Entry], sort: SortField, reverse: bool, shuffle: random.Random
) -> None:
    unique = list({entry.address.casefold(): entry for entry in drawn}.values())
    ordered = in_order(unique, sort, reverse)
    shuffled = list(unique)
    shuffle.shuffle(shuffled)
    assert in_order(shuffled, sort, reverse) == ordered
    assert sorted(ordered, key=str) == sorted(unique, key=str)


@given(st.lists(entries(), max_size=8))
def test_verdicts_part_the_list(drawn: list[Entry]) -> None:
    parts = [select(drawn, RosterQuery(verdict=verdict.code), NOW) for verdict in VERDICTS]
    assert sorted((entry for part in parts for entry in part), key=str) == sorted(drawn, key=str)
    for verdict, part in zip(VERDICTS, parts, strict=True):
        assert {verdict_of(entry) for entry in part} <= {verdict}


def test_every_order_has_words() -> None:
    assert set(get_args(SortField)) == set(ORDER_WORDS)
    assert order_words("last-login", False) == "by last login, oldest first"
    assert order_words("last-login", True) == "by last login, newest first"
