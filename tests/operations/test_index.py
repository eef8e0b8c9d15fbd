"""The list of accounts: which, and in what order."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, get_args
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec import structs

from kconsole.core.history import Change
from kconsole.core.records import Entry, fold
from kconsole.licensing.policy import KERIO
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.chunked import finished
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.search.sorting import SortField
from kconsole.operations.server import RecordRestart
from kconsole.operations.session import Session
from kconsole.text.words import ORDER_WORDS, order_words
from tests.clocks import noon
from tests.licensing.strategies import entries
from tests.limits import EXAMPLES
from tests.operations.sessions import account, alias, another, deleted, logged_in, session_of
from tests.under_kerio import index_of, read_filter

NOW = noon().now()
OLD = account("old", last_login=logged_in(400, "POP3"), full_name="Zoë")
RECENT = account("Recent", last_login=logged_in(3, "IMAP"), full_name="anna", role="full_admin")
NEVER = account("never", full_name="Berg", origin="imported", role="auditor")
DISABLED = account("c@south.example", last_login=logged_in(200, "EAS"), enabled=False, description="left [/] us")
INFO = alias("info", "old")
LIST = account("all", kind="mailing_list")
EVERYTHING = [RECENT, INFO, DISABLED, OLD, LIST, NEVER]


def chosen(**query: Any) -> list[str]:
    return [entry.login for entry in index_of(EVERYTHING).select(AccountQuery(**query), NOW)]


def test_by_default_never_comes_first_then_the_oldest_and_lists_last() -> None:
    assert chosen() == ["never", "old", "c", "Recent", "all", "info"]


def test_the_other_way_round_lists_stay_last() -> None:
    assert chosen(reverse=True) == ["Recent", "c", "old", "never", "all", "info"]


@pytest.mark.parametrize(
    ("query", "logins"),
    [
        ({"domain": "SOUTH.example"}, ["c"]),
        ({"domain": "west.example"}, []),
        ({"classification": "alias"}, ["info"]),
        ({"classification": "disabled"}, ["c"]),
        ({"inactive": timedelta(days=180)}, ["old", "c"]),
        ({"inactive": timedelta(days=200)}, ["old"]),
        ({"never": True}, ["never"]),
        ({"never": True, "inactive": timedelta(days=180)}, ["never", "old", "c"]),
        ({"never": True, "classification": "local"}, []),
        ({"text": "NORTH zoë"}, ["old"]),
        ({"text": "ZOE\u0308"}, ["old"]),
        ({"text": "[/]"}, ["c"]),
        ({"text": "missing"}, []),
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
    query = AccountQuery(sort=sort, reverse=reverse)
    ordered = index_of(unique).select(query, NOW)
    shuffled = list(unique)
    shuffle.shuffle(shuffled)
    assert index_of(shuffled).select(query, NOW) == ordered
    assert sorted(ordered, key=str) == sorted((entry for entry in unique if entry.deleted_at is None), key=str)


@given(st.lists(entries(), max_size=8))
def test_verdicts_part_the_list(drawn: list[Entry]) -> None:
    parts = [
        index_of(drawn).select(AccountQuery(classification=classification.code), NOW)
        for classification in KERIO.classifications
    ]
    live = [entry for entry in drawn if entry.deleted_at is None]
    assert sorted((entry for part in parts for entry in part), key=str) == sorted(live, key=str)
    for classification, part in zip(KERIO.classifications, parts, strict=True):
        assert {KERIO.classify(entry) for entry in part} <= {classification}


def test_every_order_has_words() -> None:
    assert set(get_args(SortField)) == set(ORDER_WORDS)
    assert order_words("last-login", False) == "last login, oldest first"
    assert order_words("last-login", True) == "last login, newest first"


# Against a plain reading of the rules

ROLES: Final = ("user", "auditor", "account_admin", "full_admin")

KEYS: Final[dict[str, Callable[[Entry], Any]]] = {
    "address": lambda entry: fold(entry.address),
    "name": lambda entry: fold(entry.full_name),
    "seat": lambda entry: not KERIO.listed(entry).seat,
    "because": lambda entry: KERIO.listed(entry).reason,
    "protocol": lambda entry: "" if entry.last_login is None else fold(entry.last_login.protocol),
    "domain": lambda entry: fold(entry.domain),
    "kind": lambda entry: entry.kind,
    "origin": lambda entry: entry.origin,
    "role": lambda entry: ROLES.index(entry.role),
    "last-login": lambda entry: -1e12 if entry.last_login is None else entry.last_login.at.timestamp(),
}


def plainly(entries: Sequence[Entry], query: AccountQuery, now: datetime) -> list[Entry]:
    asked = read_filter(query.text, now)
    fitting = [
        entry
        for entry in entries
        if (entry.deleted_at is not None) == asked.asks_held
        and asked.fits(entry)
        and (not query.domain or fold(entry.domain) == fold(query.domain))
        and (not query.classification or KERIO.listed(entry).code == query.classification)
        and ((query.inactive is None and not query.never) or idle(entry, query, now))
    ]
    fitting.sort(key=KEYS["address"])
    if query.sort != "last-login":
        return sorted(fitting, key=KEYS[query.sort], reverse=query.reverse)
    accounts = [entry for entry in fitting if entry.is_account]
    accounts.sort(key=KEYS["last-login"], reverse=query.reverse)
    return accounts + [entry for entry in fitting if not entry.is_account]


def idle(entry: Entry, query: AccountQuery, now: datetime) -> bool:
    if entry.last_login is None:
        return entry.is_account and query.never
    return entry.is_account and query.inactive is not None and now - entry.last_login.at > query.inactive


@contextmanager
def small_steps() -> Iterator[None]:
    """Let a few entries be many."""
    with (
        patch("kconsole.operations.search.index.STEP", 2),
        patch("kconsole.operations.search.sorting.STEP", 2),
        patch("kconsole.operations.search.sorting.RUN", 2),
        patch("kconsole.operations.search.index._FEW_CHANGES", 3),
        patch("kconsole.operations.search.index._CHANGES_A_STEP", 1),
    ):
        yield


texts = st.lists(
    st.sampled_from(
        ["a", "an", "ann", "anna", "-a", "-an", "b", "-b", "north", "is:never", "-is:never", "is:held", "-is:held",
         "is:seat", "is:disabled", "seen:>3d", "-seen:<2d", "seen:>2026-01-03", "domain:north", "is:", "@none"]
    ),
    max_size=3,
).map(" ".join)  # fmt: skip

queries = st.builds(
    AccountQuery,
    domain=st.sampled_from(["", "", "NORTH.example", "žluť.example"]),
    classification=st.sampled_from(["", "", "", "local", "alias", "held"]),
    inactive=st.sampled_from([None, None, timedelta(days=58)]),
    never=st.sampled_from([False, False, True]),
    text=texts,
    sort=st.sampled_from(get_args(SortField)),
    reverse=st.booleans(),
)


@pytest.mark.thorough
@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(st.lists(entries(), max_size=12), queries, st.lists(texts, max_size=3))
def test_a_query_says_the_same_as_a_plain_reading_whatever_was_asked_before(
    drawn: list[Entry], query: AccountQuery, more: list[str]
) -> None:
    with small_steps():
        account_index = index_of(drawn)
        for text in [query.text, *more]:
            for reverse in (query.reverse, not query.reverse):
                asked = replace(query, text=text, reverse=reverse)
                assert (
                    account_index.select(asked, NOW) == plainly(drawn, asked, NOW) == index_of(drawn).select(asked, NOW)
                )


class AnyRoster(RuleBasedStateMachine):
    """A roster that changes lists what a new one would."""

    def __init__(self) -> None:
        super().__init__()
        self.account_index = index_of()
        self.entries: dict[int, Entry] = {}
        self.steps: Iterator[float] | None = None

    def held(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.deleted_at is not None]

    @rule(drawn=st.lists(st.tuples(st.integers(1, 8), entries()), max_size=6))
    def replace(self, drawn: list[tuple[int, Entry]]) -> None:
        changed = {}
        changes = []
        for number, entry in drawn:  # live addresses are unique in a store
            address = f"{entry.address}{number}"
            changed[number] = structs.replace(entry, id=number, address=address)
        for entry in changed.values():
            changes.append(Change("entries", entry.id, self.entries.pop(entry.id, None), entry))
            self.entries[entry.id] = entry
        self.account_index.follow(changes, self.held)

    @rule(numbers=st.sets(st.integers(1, 8), max_size=3))
    def remove(self, numbers: set[int]) -> None:
        gone = [Change("entries", number, self.entries.pop(number, None), None) for number in numbers]
        self.account_index.follow(gone, self.held)

    @rule()
    def reset(self) -> None:
        self.account_index = index_of(self.entries.values())
        self.steps = None

    @rule(query=queries, steps=st.integers(0, 5))
    def ask_and_leave_off(self, query: AccountQuery, steps: int) -> None:
        with small_steps():
            self.steps = self.account_index.selecting(query, NOW)
            for _, share in zip(range(steps), self.steps, strict=False):
                assert 0 <= share <= 1

    @rule()
    def go_on_with_what_was_left_off(self) -> None:
        with small_steps():
            for share in self.steps or ():
                assert 0 <= share <= 1
        self.steps = None

    @rule()
    def prepare(self) -> None:
        with small_steps():
            for _ in self.account_index.preparing():
                pass

    @rule(query=queries)
    def ask(self, query: AccountQuery) -> None:
        with small_steps():
            listed = self.account_index.select(query, NOW)
            assert listed == plainly(list(self.entries.values()), query, NOW)
            if not read_filter(query.text, NOW).asks_held:
                assert len(self.account_index) == sum(entry.deleted_at is None for entry in self.entries.values())


TestAnyRoster = AnyRoster.TestCase
TestAnyRoster.settings = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)


# Deleted ones

HELD = deleted("gone")


def test_is_locked_lists_who_the_license_keeps_out(tmp_path: Path) -> None:
    people = [account("in", mailbox=True), account("new"), account("off", enabled=False), alias("info", "new")]
    session = session_of(tmp_path, *people, seats=2)
    locked = AccountQuery(text="is:locked", sort="address")
    assert session.account_index.select(locked, NOW) == []
    full = session_of(tmp_path / "full", *people, account("late@south.example"), seats=1)
    assert [each.login for each in full.account_index.select(locked, NOW)] == ["late", "new"]
    assert full.seats.report().locked_out == 2
    narrower = AccountQuery(text="is:locked new", sort="address")
    assert [each.login for each in full.account_index.select(narrower, NOW)] == ["new"]


def test_only_is_held_lists_the_deleted() -> None:
    everything = [*EVERYTHING, HELD]
    assert HELD not in index_of(everything).select(AccountQuery(), NOW)
    assert HELD not in index_of(everything).select(AccountQuery(text="-is:held gone"), NOW)
    assert index_of(everything).select(AccountQuery(text="is:held"), NOW) == [HELD]
    assert index_of(everything).select(AccountQuery(text="is:held", classification="held"), NOW) == [HELD]
    assert index_of(everything).select(AccountQuery(text="is:held old"), NOW) == []
    either = AccountQuery(text="is:held or is:disabled", sort="address")
    assert [each.login for each in index_of(everything).select(either, NOW)] == ["c", HELD.login]
    assert HELD not in index_of(everything).select(AccountQuery(text="is:nonsense or gone"), NOW)


def test_in_a_list_it_says_that_its_seat_is_held() -> None:
    assert KERIO.listed(HELD) == KERIO.held
    assert not KERIO.listed(HELD).seat
    assert all(KERIO.listed(entry) == KERIO.classify(entry) for entry in EVERYTHING)


# In steps


def test_what_changes_while_it_works_is_in_the_list() -> None:
    people = [account(f"a{number}", id=number) for number in range(1, 9)]
    with small_steps():
        account_index = index_of(people)
        steps = account_index.selecting(AccountQuery(sort="address"), NOW)
        for _ in range(3):
            next(steps)
        zoe = structs.replace(people[4], address="zoe@north.example")
        changes = [Change("entries", 3, people[2], None), Change("entries", 5, people[4], zoe)]
        account_index.follow(changes, lambda: [])
        listed = finished(steps)
    assert [entry.login for entry in listed] == ["a1", "a2", "a4", "a6", "a7", "a8", "zoe"]


def test_a_session_keeps_its_roster_up_to_date(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("carl", enabled=False), deleted("gone"))
    other = another(session)

    def agrees(session: Session) -> None:
        for query in (AccountQuery(), AccountQuery(text="is:held"), AccountQuery(text="is:disabled", sort="name")):
            asked = [*session.state.live_entries(), *session.seats.held()]
            assert session.account_index.select(query, NOW) == plainly(asked, query, NOW)

    agrees(session)
    agrees(other)
    for operation in (
        DisableAccounts(("anna@north.example",)),
        AddAccount("dora@north.example"),
        DeleteAccounts(("berg@north.example",)),
        RecordRestart(),
        AddAccount("gone@north.example"),
        DeleteAccounts(("dora@north.example", "gone@north.example")),
    ):
        session.do(operation)
        other.catch_up()
        agrees(session)
        agrees(other)
    while session.history.undoable is not None:
        session.undo()
        agrees(session)
    other.catch_up()
    agrees(other)
