"""What a person means by a name on the command line."""

from itertools import product
from time import perf_counter

import pytest

from kconsole.core.errors import NotFound, Refused
from kconsole.core.history import Change
from kconsole.core.records import Entry
from kconsole.operations.search.lookup import MOST_NAMED, addresses_of, find_entry, nearest, owner_of
from kconsole.store.records import Records
from tests.operations.sessions import account, alias, deleted

JANE, ADMIN = "j.hart@north.example", "Admin"


def records(*entries: Entry) -> Records:
    return Records(Change("entries", number, None, entry) for number, entry in enumerate(entries, 1))


@pytest.fixture
def state() -> Records:
    south = (account("info@south.example"), account("Jörg@south.example"))
    return records(
        account("j.hart"), account("j.hartwell"), account("info"), Entry(address=ADMIN), deleted("gone"), *south
    )


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("j.hart", JANE),
        ("J.HART", JANE),
        (JANE, JANE),
        ("J.Hart@North.example", "J.Hart@North.example"),
        ("admin", "admin"),
        ("JÖRG", "Jörg@south.example"),
        ("gone", "gone@north.example"),
        ("j.har", "j.har"),
        ("", ""),
    ],
)
def test_a_login_alone_is_completed_where_one_entry_has_it(state: Records, name: str, address: str) -> None:
    assert addresses_of([name], state) == (address,)


def test_a_login_that_several_have_is_refused_with_their_addresses(state: Records) -> None:
    with pytest.raises(Refused) as caught:
        addresses_of(["j.hart", "info"], state)
    assert caught.value.code == "login-ambiguous"
    assert caught.value.params["addresses"] == ["info@north.example", "info@south.example"]
    many = records(*(account(f"info@d{number}.example") for number in range(100)))
    with pytest.raises(Refused) as caught:
        find_entry("info", many)
    assert (caught.value.params["number"], len(caught.value.params["addresses"])) == (100, MOST_NAMED)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("j.hrat", JANE),
        ("jhart", JANE),
        ("j.hart@nroth.example", JANE),
        ("j.harrt@north.example", JANE),
        ("jorg", "Jörg@south.example"),
        ("inof@south.example", "info@south.example"),
    ],
)
def test_a_misspelled_name_is_near_its_address(state: Records, name: str, address: str) -> None:
    assert nearest(name, state)[0] == address
    with pytest.raises(NotFound) as caught:
        find_entry(name, state)
    assert [hint.code for hint in caught.value.hints] == ["did-you-mean", "look-it-up"]


def test_the_owner_behind_an_alias_is_the_only_account_that_it_delivers_to() -> None:
    one, over, two = alias("one", "j.hart"), alias("over", "one"), alias("two", "j.hart", "info")
    out, loop = account("out", kind="alias", delivers_to=("x@elsewhere.example",)), alias("loop", "loop")
    plain = account("plain", kind="alias", delivers_to=("j.hart",))
    state = records(jane := account("j.hart"), account("info"), one, over, two, out, loop, plain)
    owners = [owner_of(each, state) for each in (one, over, plain, two, out, loop)]
    assert [owner and owner.address for owner in owners] == [jane.address] * 3 + [None] * 3


@pytest.mark.parametrize("name", ["zzzz", "", "@", "x" * 10_000, "q@north.example"])
def test_what_is_like_nothing_has_no_near_one(state: Records, name: str) -> None:
    assert nearest(name, state) == []


@pytest.mark.thorough
def test_among_very_many_it_takes_a_moment() -> None:
    names = product("abcdefghij", ("anna", "berg", "carl", "dora"), range(2_500))
    state = records(*(account(f"{first}.{name}{number}") for first, name, number in names))
    start = perf_counter()
    assert nearest("a.anna12x", state)
    assert perf_counter() - start < 5
