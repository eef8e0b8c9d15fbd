"""Marks: what ends them, by whichever door it comes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kconsole.core.decisions import Mark
from kconsole.core.records import LastLogin
from kconsole.importers.login_csv import read_login_csv
from kconsole.operations.accounts import Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.logins import ImportLogins
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from kconsole.text.commits import details_of
from tests.clocks import noon
from tests.operations.sessions import account, logged_in, session_of
from tests.store.stores import same_as_disk

ANNA = "anna@north.example"
NOW = noon().now()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = session_of(
        tmp_path, account("anna", last_login=logged_in(400), mailbox=True), account("off", enabled=False)
    )
    with session.store.transaction("reclaim mark", "reclaim") as transaction:
        for entry in session.state.live_entries():
            mark = Mark(entry=entry.id, address=entry.address, policy="idle", due=NOW + timedelta(days=14), at=NOW)
            transaction.put_decision("marks", mark)
    return session


def marked(session: Session) -> list[str]:
    return [each.address for each in session.state.marks.values()]


def logins(at: str) -> ImportLogins:
    return ImportLogins(read_login_csv(f"address,last_login\n{ANNA},{at}\n".encode(), "logins.csv", NOW))


ENDING: dict[str, Callable[[], Operation]] = {
    "a login now": lambda: Connect(ANNA),
    "an older login that was not known": lambda: logins("2026-01-05T12:00:00Z"),
    "disabled": lambda: DisableAccounts((ANNA,)),
    "deleted": lambda: DeleteAccounts((ANNA,)),
}


@pytest.mark.parametrize("way", ENDING)
def test_a_mark_ends_and_comes_back_with_an_undo(session: Session, way: str) -> None:
    session.do(ENDING[way]())
    assert marked(session) == ["off@north.example"]
    assert same_as_disk(session.store)
    session.undo()
    assert marked(session) == ["off@north.example", ANNA] or marked(session) == [ANNA, "off@north.example"]


def test_what_says_nothing_of_its_use_leaves_a_mark(session: Session) -> None:
    session.do(TagAccounts((ANNA,), ("x",)))
    session.do(logins("2024-01-05T12:00:00Z"))
    assert len(marked(session)) == 2


def test_an_account_that_was_disabled_before_is_marked_until_it_is_enabled(session: Session) -> None:
    session.do(TagAccounts(("off@north.example",), ("x",)))
    assert len(marked(session)) == 2
    session.do(EnableAccounts(("off@north.example",)))
    assert marked(session) == [ANNA]


def test_the_log_says_that_a_login_withdrew_a_mark(session: Session) -> None:
    session.do(Connect(ANNA))
    session.do(EnableAccounts(("off@north.example",)))
    last, before = list(session.history.log(LogQuery(), newest_first=True))[:2]
    assert any("withdrawn: logged in" in each.text for each in details_of(before, NOW))
    assert any(each.label == "Mark" and each.text.endswith("ended") for each in details_of(last, NOW))


def test_an_undone_login_brings_the_mark_back(session: Session) -> None:
    session.do(Connect(ANNA))
    session.undo()
    entry = session.state.find(ANNA)
    assert (entry.last_login, len(marked(session))) == (LastLogin(logged_in(400).at, "IMAP"), 2)
