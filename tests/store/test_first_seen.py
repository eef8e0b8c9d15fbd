"""Since when the log knows accounts, and since when they are disabled."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.history import Change, Commit, Operator
from kconsole.core.records import Entry
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.session import Session
from kconsole.store.engine import Head
from kconsole.store.first_seen import DISABLED, LONG, REVIVED, Seen, seen_in
from kconsole.store.journal_line import body_of, gap_line, linked
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import account, session_of

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=300)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def of(session: Session) -> Seen:
    lines = session.store.journal.beginnings(LONG, REVIVED, DISABLED)
    return seen_in(lines, session.clock.now(), ("init", "import"), with_disabled=True)


def numbers(session: Session) -> dict[str, int]:
    return {entry.login: number for number, entry in session.state.entries.items()}


def test_a_log_says_since_when(tmp_path: Path) -> None:
    clock = noon()
    begin = clock.now()
    session = session_of(tmp_path, account("anna"), account("off", enabled=False), clock=clock)
    clock.forward(days=10)
    session.do(AddAccount("berg@north.example"))
    clock.forward(days=10)
    session.do(DisableAccounts(("anna@north.example", "berg@north.example")))
    clock.forward(days=10)
    session.do(EnableAccounts(("anna@north.example",)))
    session.do(DeleteAccounts(("berg@north.example",)))
    clock.forward(days=10)
    session.do(AddAccount("berg@north.example"))  # perhaps another person, under the same number
    session.do(DisableAccounts(("anna@north.example",)))
    seen, by = of(session), numbers(session)
    assert [(seen.first_seen(by[login]) or begin) - begin for login in ("anna", "off", "berg")] == [
        timedelta(), timedelta(), timedelta(days=40),
    ]  # fmt: skip
    assert seen.disabled_since(by["off"]) == begin
    assert seen.disabled_since(by["anna"]) == begin + timedelta(days=40)
    assert seen.first_seen(max(by.values()) + 1000) is None
    assert seen.read_at == begin


def test_it_says_the_same_of_an_archived_log(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna"), seats=None, clock=clock)
    for number in range(10):
        clock.forward(days=1)
        session.do(AddAccount(f"p{number}@north.example"))
    before = of(session)
    session.store.archive(2)
    assert of(session) == before


# Lines by hand


def lines_of(commits: Iterable[Commit], lost: frozenset[int] = frozenset()) -> list[bytes]:
    found, own, highest = [], "0" * 64, 1
    for commit in commits:
        highest = max([highest, *(change.number + 1 for change in commit.changes)])
        raw, after = linked(body_of(commit, highest), own)
        found.append(gap_line(Head(commit.sequence, after), own) if commit.sequence in lost else raw)
        own = after
    return found


def commit(sequence: int, at: datetime, *changes: tuple[Entry | None, Entry | None], name: str = "add") -> Commit:
    made = tuple(
        Change("entries", (before or after or Entry(address="")).id, before, after) for before, after in changes
    )
    return Commit(sequence, at, Operator("anna"), "session", name, "", made)


def person(number: int, **fields: object) -> Entry:
    return Entry(address=f"p{number}@n.example", id=number, **fields)  # type: ignore[arg-type]


def seen(lines: Iterable[bytes]) -> Seen:
    return seen_in(lines, NOW, ("sync",), with_disabled=True)


def added(*days: float) -> list[Commit]:
    """A log whose lines each add an account."""
    return [commit(number, day(at), (None, person(number))) for number, at in enumerate(days, 1)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((0, 1, 2), [0, 1, 2]),
        ((0, 5, 2, 6), [0, 5, 5, 6]),  # a clock that was set back
        ((0, 500, 2), [0, 0, 2]),  # one that was ahead of now
        ((500, 600, 2, 3), [2, 2, 2, 3]),  # all of them were, until it was set right
        ((0, -20_000, 3), [0, 0, 3]),  # one without a battery
        ((500,), [300]),  # none was right: no one is known for longer than now
    ],
)
def test_wrong_clocks_make_no_account_older(days: tuple[float, ...], expected: list[float]) -> None:
    found = seen(lines_of(added(*days)))
    assert [found.first_seen(number) for number in range(1, len(days) + 1)] == list(map(day, expected))


def test_data_of_a_clock_that_was_ahead_is_not_taken_for_new() -> None:
    log = [commit(1, day(500), name="sync"), commit(2, day(1)), commit(3, day(2))]
    assert seen(lines_of(log)).read_at == day(1)
    assert seen(lines_of(log[:1])).read_at is None


def test_times_of_another_zone_are_read() -> None:
    (raw,) = lines_of(added(3))
    assert seen([raw.replace(b"2026-01-04T00:00:00Z", b"2026-01-04T02:00:00+02:00")]).begins == day(3)


def test_after_a_lost_line_everyone_is_known_from_the_next_one_on() -> None:
    """It may have had another person under any number."""
    found = seen(lines_of(added(0, 1, 2, 3, 4), lost=frozenset((3,))))
    assert [found.first_seen(number) for number in (1, 2, 3, 4, 5)] == [*[day(3)] * 4, day(4)]


def test_another_person_under_the_same_number_is_new() -> None:
    old, new = person(1, server_id="a"), person(1, server_id="b")
    log = [commit(1, day(0), (None, old)), commit(2, day(50), (old, new), name="sync")]
    assert seen(lines_of(log)).first_seen(1) == day(50)
    renamed = replace(old, full_name="Anna")
    log = [commit(1, day(0), (None, old)), commit(2, day(50), (old, renamed), name="sync")]
    assert seen(lines_of(log)).first_seen(1) == day(0)


def test_of_a_large_sync_that_is_not_read_whole_no_one_is_older() -> None:
    log = [*added(0, 1, 2), commit(4, day(9), (person(1), person(1, full_name="x" * 2_000)), name="sync")]
    lines = lines_of(log)
    assert seen(lines).first_seen(1) == day(0)
    lines[3] = lines[3][:1_000]
    assert [seen(lines).first_seen(number) for number in (1, 2, 3)] == [day(9)] * 3
    assert seen(lines).read_at == day(9)


def test_nothing_is_known_of_a_log_without_lines() -> None:
    assert seen([]).begins is seen([]).first_seen(1) is None
    assert Seen().first_seen(1) is None
    assert Seen().disabled_since(1) is None


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["off", "on", "delete", "again"])), max_size=20))
def test_for_any_history(steps: list[tuple[int, str]]) -> None:
    """Beside a slow and plain account of the same."""
    states: dict[int, Entry] = {}
    first: dict[int, datetime] = {}
    since: dict[int, datetime] = {}
    log = [commit(1, day(0))]
    for at, (which, what) in enumerate(steps, 1):
        known, number = states.get(which), which + 1
        if known is None:
            after = person(number, enabled=what != "off")
        elif what == "delete":
            after = replace(known, deleted_at=day(at))
        elif what == "again":
            after = person(number)
        else:
            after = replace(known, enabled=what == "on")
        if known == after:
            continue
        log.append(commit(len(log) + 1, day(at), (known, after)))
        states[which] = after
        is_there = after.deleted_at is None
        is_new = is_there and (known is None or known.deleted_at is not None)
        if is_new:
            first[which] = day(at)
        if is_there and not after.enabled and (is_new or known is None or known.enabled):
            since[which] = day(at)
    found = seen(lines_of(log))
    for which, entry in states.items():
        if entry.deleted_at is None:
            assert found.first_seen(which + 1) is not None
            if not entry.enabled:
                assert found.disabled_since(which + 1) == since[which]
