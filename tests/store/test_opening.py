"""Opening a store: its progress is reported, it can be ended on the way, and the records that come of it."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.encoding import compact_entry
from kconsole.core.errors import StoreUnusable
from kconsole.core.records import Entry
from kconsole.store.records import Records
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.licensing.strategies import entries
from tests.samples import make_inventory
from tests.store.stores import account, add, addresses, forged, new_store, opened, remove_entry, same_as_disk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some thousand accounts."""
    folder = tmp_path_factory.mktemp("big") / "store"
    SeatStore.create(folder, make_inventory(6000, seats=None), noon(), "anna").close()
    return folder


def reported_at_opening(folder: Path) -> list[tuple[int, int]]:
    reported: list[tuple[int, int]] = []
    store = SeatStore.open(folder, noon(), 0, progress=lambda done, total: reported.append((done, total)))
    assert reported[-1][0] == len(list(store.state.entries.values()))
    store.abandon()
    return reported


def test_it_is_reported_how_far_opening_has_come(folder: Path) -> None:
    reported = reported_at_opening(folder)
    assert len(reported) > 2
    assert reported == sorted(reported)
    assert {total for _, total in reported} == {reported[-1][0]}


def test_it_is_reported_of_a_small_store_too(tmp_path: Path) -> None:
    new_store(tmp_path, account("anna"), account("berg")).close()
    assert reported_at_opening(tmp_path) == [(2, 2)]


def test_it_is_reported_what_only_the_journal_holds(tmp_path: Path) -> None:
    store = SeatStore.create(tmp_path / "s", make_inventory(2500, seats=None), noon(), "anna")
    store.abandon()
    (done, total), *more = reported_at_opening(tmp_path / "s")
    assert done == total > 2500
    assert more == []


class Enough(Exception):
    """Someone has waited long enough."""


@pytest.mark.parametrize("error", [Enough, KeyError, ValueError])
def test_what_is_raised_when_reported_ends_the_opening(folder: Path, error: type[Exception]) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def enough(done: int, total: int) -> None:
        assert done < total
        raise error

    with pytest.raises(error):
        SeatStore.open(folder, noon(), 0, progress=enough)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    store = opened(folder)
    add(store, "anna")
    store.abandon()


def test_a_snapshot_that_is_damaged_far_inside_leaves_no_records_behind(tmp_path: Path) -> None:
    documents = {str(number): {"address": f"a{number}@north.example"} for number in range(10, 5000)}
    content = forged({"entries": {**documents, "5000": {"address": "b", "colour": "red"}}})
    store = new_store(tmp_path, account("anna"))
    store.close()
    (tmp_path / "store.json").write_bytes(content)
    again = opened(tmp_path)
    assert addresses(again) == ["anna@north.example"]
    again.abandon()
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(StoreUnusable, match="makes-no-sense"):
        opened(tmp_path)


# Ahead of the first change


@pytest.mark.parametrize("steps", [0, 1, 2, 9])
def test_addresses_are_found_whatever_happens_while_the_index_is_made(tmp_path: Path, steps: int) -> None:
    store = new_store(tmp_path, *[account(f"a{number}") for number in range(5)])
    with patch("kconsole.store.records._STEP", 1):
        index = store.state.indexing()
        for _, share in zip(range(steps), index, strict=False):
            assert 0 <= share <= 1
        add(store, "berg")
        with store.transaction("remove", "restore") as transaction:
            remove_entry(transaction, store.state.entry_at("a3@north.example").id)  # type: ignore[union-attr]  # it is there
        list(index)
    assert list(store.state.indexing()) == []
    assert store.state.entry_at("a3@north.example") is None
    assert {address for address in addresses(store) if store.state.entry_at(address) is not None} == set(
        addresses(store)
    )
    assert same_as_disk(store)


# Records made at opening


@given(drawn=entries(), to=st.lists(st.text(), max_size=2), fate=st.sampled_from([None, "keep"]))
def test_they_are_the_same_as_made_one_by_one(drawn: Entry, to: list[str], fate: Any) -> None:
    entry = replace(drawn, delivers_to=tuple(to), mailbox_fate=fate, transferred_to="x" if fate else "")
    records = Records()
    records.load(b'{"entries":{"7":%b}}' % compact_entry(entry))
    made = records.entries[7]
    assert made == replace(entry, id=7)
    assert (type(made), hash(made), repr(made)) == (Entry, hash(replace(entry, id=7)), repr(replace(entry, id=7)))
    with pytest.raises(AttributeError):
        made.address = "other"  # type: ignore[misc]  # which is the point
    if made.last_login is not None:
        with pytest.raises(AttributeError):
            made.last_login.protocol = "other"  # type: ignore[misc]  # as above
