"""Addresses and how they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import message
from kconsole.core.errors import (
    BadInput,
    ChangedSince,
    ConsoleError,
    NotFound,
    Refused,
    SourceAway,
    StoreBusy,
    StoreUnusable,
)
from kconsole.core.records import Entry, fold


@pytest.mark.parametrize(
    ("address", "login", "domain"),
    [
        ("anna@north.example", "anna", "north.example"),
        ("Admin", "Admin", ""),
        ("a@b@north.example", "a@b", "north.example"),
        ("anna@", "anna", ""),
        ("@north.example", "", "north.example"),
    ],
)
def test_an_address_has_a_login_and_a_domain(address: str, login: str, domain: str) -> None:
    entry = Entry(address=address)
    assert (entry.login, entry.domain) == (login, domain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "aNNA"),
        ("Žluť.example", "žluť.EXAMPLE"),
        ("e\u0301", "\u00c9"),
        ("STRASSE", "straße"),
    ],
)
def test_names_are_compared_without_case_and_composed(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_names_fold_as_all_others_do(name: str) -> None:
    assert fold(name) == name.casefold()


def test_only_a_user_is_an_account() -> None:
    assert Entry(address="a").is_account
    assert not Entry(address="a", kind="alias").is_account
    assert not Entry(address="a", kind="builtin_admin").is_account


def test_records_cannot_be_changed() -> None:
    entry = Entry(address="a")
    with pytest.raises(AttributeError):
        entry.enabled = False  # type: ignore[misc]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConsoleError, 1),
        (BadInput, 2),
        (NotFound, 3),
        (Refused, 4),
        (ChangedSince, 4),
        (StoreBusy, 6),
        (StoreUnusable, 7),
        (SourceAway, 8),
    ],
)
def test_each_error_has_its_exit_code(error: type[ConsoleError], code: int) -> None:
    raised = error("what", "next", ["more"], n=1)
    assert (raised.exit_code, raised.happened) == (code, message("what", n=1))
    assert (raised.hints, raised.details) == ((message("next"),), (message("more"),))
    assert str(raised) == "what (n=1)"


@pytest.mark.parametrize("error", [ConsoleError, StoreBusy, SourceAway])
def test_an_error_has_an_effect(error: type[ConsoleError]) -> None:
    usual = error("what").effect
    assert usual == (message(error.usual_effect) if error.usual_effect else None)
    assert error("what", effect="all-was-lost").effect == message("all-was-lost")
    assert error("what", effect="").effect is None
