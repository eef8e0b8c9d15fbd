"""Opening reads the journal in one go, and finds what reading it line by line finds."""

import random
from unittest.mock import patch

import orjson
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import Message
from kconsole.core.records import Domain
from kconsole.store.engine import NO_HASH, BrokenJournal, Head
from kconsole.store.journal_line import linked
from kconsole.store.replay import Replay
from kconsole.store.seatstore import SeatStore
from kconsole.store.tables import encoded
from tests.clocks import noon
from tests.store.memory_engine import Memory, MemoryEngine
from tests.store.stores import account, line_of

Found = tuple[list[tuple[str, list[tuple[int, object]]]], Head, int, int, list[Message]]

RECORDS = {
    "entries": [encoded("entries", account(login)) for login in ("anna", "berg", "chen")],
    "domains": [encoded("domains", Domain(name=f"{name}.example")) for name in ("north", "south")],
}
BAD = [b'{"address":7}', b"[]", b"7"]

CHANGES = st.tuples(st.sampled_from(["entries", "entries", "domains"]), st.integers(1, 4), st.integers(-1, 2))
History = list[list[tuple[str, int, int]]]


def content_of(table: str, which: int) -> bytes:
    return b"null" if which < 0 else RECORDS[table][which % len(RECORDS[table])]


def journal(history: History, bad: int = -1) -> list[bytes]:
    """A journal with a right chain; the last change of a line has an `after` of which no record can be made."""
    lines, previous = [], NO_HASH
    for sequence, changes in enumerate(history, 1):
        made = [
            {"table": table, "number": number, "before": None, "after": orjson.Fragment(content_of(table, which))}
            for table, number, which in changes
        ]
        if sequence == bad and made:
            made[-1]["after"] = orjson.Fragment(BAD[sequence % len(BAD)])
        raw, previous = linked(orjson.dumps(line_of(sequence, next_number=sequence + 9, changes=made)), previous)
        lines.append(raw)
    return lines


def found_in(lines: list[bytes]) -> Found:
    memory = Memory()
    memory.lines = list(lines)
    store = SeatStore(MemoryEngine(memory, read_only=True), noon(), 0)
    store.read(has_journal=True)
    state = [(table, list(records.items())) for table, records in store.state.tables.items()]
    found = (state, store.head, store.journal.next_number, store.journal.tail, list(store.notices))
    store.abandon()
    return found


def line_by_line(lines: list[bytes]) -> Found:
    with patch.object(Replay, "take", side_effect=BrokenJournal(0, "", Head())):
        return found_in(lines)


@given(
    history=st.lists(st.lists(CHANGES, max_size=4), min_size=1, max_size=12),
    damage=st.one_of(st.none(), st.integers(0, 2**32)),
)
def test_in_one_go_and_line_by_line(history: History, damage: int | None) -> None:
    lines = journal(history)
    if damage is not None:
        chance = random.Random(damage)  # for a test
        which = chance.randrange(len(lines))
        place, byte = chance.randrange(len(lines[which])), chance.randrange(256)
        lines[which] = lines[which][:place] + bytes([byte]) + lines[which][place + 1 :]
    assert found_in(lines) == line_by_line(lines)


@given(history=st.lists(st.lists(CHANGES, min_size=1, max_size=2), min_size=2, max_size=8))
def test_what_makes_no_sense_at_the_end_is_found_at_its_line(history: History) -> None:
    lines = journal(history, bad=len(history))
    assert found_in(lines) == line_by_line(lines)
    assert found_in(lines)[1].sequence == len(history) - 1
