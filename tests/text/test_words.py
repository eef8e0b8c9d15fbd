"""Small words."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from kconsole.core.records import Entry, Kind, Origin, Role
from kconsole.text.words import KINDS, ORIGINS, ROLES, and_list, count, count_entries, entries_noun, state_of


@pytest.mark.parametrize(
    ("number", "thing", "words"),
    [
        (0, "account", "0 accounts"),
        (1, "account", "1 account"),
        (3, "account", "3 accounts"),
        (1200, "seat", "1,200 seats"),
        (2, "address", "2 addresses"),
        (2, "alias", "2 aliases"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (2, "mailing list", "2 mailing lists"),
    ],
)
def test_count(number: int, thing: str, words: str) -> None:
    assert count(number, thing) == words


def test_count_with_a_plural_of_its_own() -> None:
    assert count(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (["a", "b", "c", *"defg"], "a, b, c and 4 more"),
    ],
)
def test_and_list(items: list[str], words: str) -> None:
    assert and_list(items, most=3) == words


def test_what_entries_are_called() -> None:
    account, alias = Entry(address="a@b"), Entry(address="c@b", kind="alias")
    assert entries_noun([account]) == "account"
    assert entries_noun([account, account]) == "accounts"
    assert entries_noun([alias]) == "entry"
    assert count_entries([account, alias]) == "2 entries"


def test_and_list_names_at_least_one() -> None:
    assert and_list(["a", "b"], most=0) == "a and 1 more"


def test_every_kind_origin_and_role_has_a_word() -> None:
    kinds = [KINDS[kind] for kind in get_args(Kind)]
    origins = [ORIGINS[origin] for origin in get_args(Origin)]
    roles = [ROLES[role] for role in get_args(Role)]
    assert kinds == ["account", "mailing list", "resource", "alias", "built-in administrator"]
    assert origins == ["created here", "mapped from a directory", "imported", "on another server"]
    assert roles == ["user", "auditor", "account admin", "full admin"]


def test_state_of() -> None:
    deleted_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert state_of(Entry(address="a@b")) == "enabled"
    assert state_of(Entry(address="a@b", enabled=False)) == "disabled"
    assert state_of(Entry(address="a@b", enabled=False, deleted_at=deleted_at)) == "deleted"
