"""Which seats are held follows from the order of the log, whatever the clock says."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.errors import ConsoleError, Refused
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.accounts import AddAccount, DeleteAccounts
from kconsole.operations.base import Operation
from kconsole.operations.dumps import dump_of
from kconsole.operations.server import RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, another, session_of, used

YEARS = 400


def addresses(*logins: str) -> tuple[str, ...]:
    return tuple(f"{login}@{DOMAIN}" for login in logins)


@pytest.mark.parametrize("jump", [timedelta(days=-2), timedelta(hours=-1), timedelta(0), timedelta(minutes=2)])
def test_a_restart_frees_what_was_deleted_before_whatever_the_clock_says(tmp_path: Path, jump: timedelta) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), clock=(clock := noon()))
    session.do(DeleteAccounts(addresses("anna")))
    clock.moment -= jump
    done = session.do(RecordRestart())
    assert ([outcome.params for outcome in done.outcomes], used(session)) == ([{"held": 1}], 1)
    clock.moment += jump * 2
    session.do(DeleteAccounts(addresses("berg")))
    assert used(session) == 1
    session.do(RecordRestart())
    assert used(session) == 0


def test_undoing_a_restart_is_refused_where_its_seats_are_taken(tmp_path: Path) -> None:
    session = session_of(tmp_path, *map(account, "abcd"), seats=4)
    session.do(DeleteAccounts(addresses("a")))
    restarted = session.do(RecordRestart()).commit
    session.do(AddAccount(f"e@{DOMAIN}"))
    assert restarted is not None
    with pytest.raises(Refused, match="license-limit"):
        session.undo(restarted.sequence)
    assert used(session) == 4
    session.do(DeleteAccounts(addresses("e")))
    session.do(RecordRestart())
    with pytest.raises(ConsoleError, match="changed-since"):
        session.undo(restarted.sequence)
    session.undo()
    assert used(session) == 4


def test_a_dump_says_which_seats_are_held_by_its_times(tmp_path: Path) -> None:
    session = session_of(tmp_path, *map(account, "abc"), clock=(clock := noon()))
    session.do(DeleteAccounts(addresses("a")))
    clock.forward(days=-1)
    session.do(RecordRestart())
    clock.forward(days=-1)
    session.do(DeleteAccounts(addresses("b")))
    assert used(session) == 2
    given = read_dump(dump_of(session), "dump")
    assert "deleted_in" not in orjson.loads(dump_of(session))["entries"][0]
    (tmp_path / "other").mkdir()
    other = session_of(tmp_path / "other")
    other.do(RestoreInventory(given))
    assert (used(other), [entry.login for entry in other.seats.held()]) == (2, ["b"])
    assert read_dump(dump_of(other), "dump") == given
    other.undo()
    assert used(other) == 0


class Twin:
    """The same operations on a clock that goes on and on one that jumps."""

    def __init__(self, folder: Path) -> None:
        self.steady, self.jumping = noon(), noon()
        self.sessions = []
        for name, clock in (("steady", self.steady), ("jumping", self.jumping)):
            (folder / name).mkdir(parents=True)
            self.sessions.append(session_of(folder / name, *map(account, "abc"), seats=4, clock=clock))

    def do(self, what: str, login: str, minutes: int) -> None:
        self.steady.forward(minutes=1)
        self.jumping.forward(minutes=minutes)
        results = [_result(session, what, login) for session in self.sessions]
        assert results[0] == results[1]
        reopened = [another(session) for session in self.sessions]
        assert len({used(session) for session in (*self.sessions, *reopened)}) == 1
        for session in reopened:
            session.store.abandon()


def _result(session: Session, what: str, login: str) -> str:
    made: dict[str, Operation] = {
        "add": AddAccount(f"{login}@{DOMAIN}"),
        "delete": DeleteAccounts(addresses(login)),
        "restarted": RecordRestart(),
    }
    try:
        if what == "undo":
            session.undo()
        else:
            session.do(made[what])
    except ConsoleError as error:
        return error.code
    return "done"


NUMBERS: Iterator[int] = count()

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "delete", "restarted", "undo"]),
        st.sampled_from("abcd"),
        st.sampled_from([-60 * 24 * 365 * YEARS, -120, -1, 0, 1, 2, 60 * 24 * 365]) | st.integers(-90, 90),
    ),
    max_size=12,
)


@settings(max_examples=EXAMPLES // 4 + 5, deadline=None)
@given(steps=STEPS)
def test_no_clock_changes_how_many_seats_are_used(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    twin = Twin(tmp_path_factory.mktemp("twin") / str(next(NUMBERS)))
    for what, login, minutes in steps:
        twin.do(what, login, minutes if twin.jumping.moment.year > YEARS + 1 else abs(minutes))
    for session in twin.sessions:
        session.close()
