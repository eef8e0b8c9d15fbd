"""What is written down of every change."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kconsole.core.errors import ChangedMeanwhile, Refused, StoreUnusable
from kconsole.core.history import Commit, Operator
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.server import AddDomain
from kconsole.store.journal_reader import JournalReader
from kconsole.text.messages import error_words
from tests.clocks import noon
from tests.operations.logs import ANNA, BERG, CHEN, log, operations, refused
from tests.operations.sessions import DOMAIN, account, alias, another, export, results, session_of, used
from tests.store.stores import encoded


@pytest.mark.parametrize(
    "name", ["seats", "berg", "carla", "anna", "998", "1003", "SHA256:tQ5", "SHA256:tQ5+x6pTiW2P", "x6pTiW2P", "an id"]
)
def test_an_operator_is_found_by_all_their_names(name: str) -> None:
    operator = Operator("seats", "berg", "carla", "10.0.0.1", "anna", 998, 1003, "SHA256:tQ5+x6pTiW2P an id")
    assert operator.goes_by(name)
    assert not Operator("berta", uid=99).goes_by(name)
    for other in ("tQ5", "SHA256:x6p", "ann", "id", "10.0.0.1", "99"):
        assert not operator.goes_by(other)


def test_the_log_tells_who_did_what_why_and_what_it_did_to_the_seats(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna"), account("berg"), clock=clock)
    clock.forward(hours=1)
    session.do(DisableAccounts((ANNA,), "left us"))
    session.store.operator = Operator("root", "chen", "dora", "10.0.0.1 5 10.0.0.2 22")
    session.do(AddAccount(CHEN))
    begun, disabled, added = log(session)
    assert (begun.operation, begun.sequence, begun.operator) == ("init", 1, Operator("anna"))
    assert (disabled.operation, disabled.reason, disabled.seats, disabled.at) == (
        "disable",
        "left us",
        (2, 1),
        clock.now(),
    )
    assert (disabled.operator, disabled.addresses) == (Operator("anna"), [ANNA])
    assert (added.seats, added.operator) == ((1, 2), Operator("root", "chen", "dora", "10.0.0.1 5 10.0.0.2 22"))
    assert added.session == disabled.session == begun.session != log(another(session))[0].session + "x"
    (change,) = disabled.changes
    assert (change.before.enabled, change.after.enabled) == (True, False)


def test_the_log_can_be_asked(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna"), account("berg"), clock=clock)
    clock.forward(hours=1)
    session.do(DisableAccounts((ANNA,)))
    session.store.operator = Operator("root", "chen", "dora")
    clock.forward(hours=1)
    session.do(DisableAccounts((BERG,)))
    assert operations(session) == ["init", "disable", "disable"]
    assert [commit.sequence for commit in log(session, account="ANNA@north.example")] == [1, 2]
    assert log(session, account="anna@north") == log(session, account="xanna@north.example") == []
    for name in ("root", "chen", "dora"):
        assert [commit.sequence for commit in log(session, operator=name)] == [3]
    assert log(session, operator="Root") == []
    assert [commit.sequence for commit in log(session, since=clock.now())] == [3]
    assert len(log(session, since=clock.now() - timedelta(hours=1))) == 2
    assert log(session, since=clock.now(), operator="anna") == []


def test_a_log_is_read_as_far_as_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    session = session_of(tmp_path, account("anna"))
    for _ in range(5):
        session.do(DisableAccounts((ANNA,)))
        session.do(EnableAccounts((ANNA,)))

    history = JournalReader.history

    def counted(store: JournalReader) -> Iterator[Commit]:
        for commit in history(store):
            made.append(commit.sequence)
            yield commit

    monkeypatch.setattr(JournalReader, "history", counted)
    lines = session.history.log(LogQuery(account=ANNA))
    assert made == []
    assert (next(lines).sequence, made) == (1, [1])
    assert session.last_undoable() is not None
    assert made == [1]  # the session knows its own changes
    assert another(session).last_undoable() is None


def test_refusals_are_written_down_without_changes(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), alias("info", "anna"), seats=1)
    assert refused(session, AddAccount(BERG, reason="new")).addresses == [BERG]
    (refusal,) = log(session)[-1].refused
    assert (refusal.address, refusal.code, refusal.params["purpose"]) == (BERG, "license-limit", "add")
    assert log(session)[-1].reason == "new"
    assert refused(session, AddAccount(ANNA)).addresses == [ANNA]
    assert refused(session, DeleteAccounts((ANNA,), "transfer", f"info@{DOMAIN}")).addresses == [ANNA]
    assert refused(session, ImportAccounts(export("chen;;;"), DOMAIN)).addresses == []
    assert refused(session, AddDomain(DOMAIN)).addresses == []
    assert [commit.sequence for commit in log(session, account=BERG)] == [2]


def test_what_is_refused_is_said_in_the_vendors_words(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), seats=1)
    with pytest.raises(Refused) as caught:
        session.do(AddAccount(BERG))
    assert type(caught.value) is Refused
    assert error_words(caught.value).startswith("You cannot add more users")


def test_what_is_refused_in_part_is_written_down_with_what_was_done(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("off", enabled=False), account("of2", enabled=False), seats=1)
    done = session.do(EnableAccounts((f"off@{DOMAIN}", f"of2@{DOMAIN}", "missing")))
    assert results(done) == [("off", "done"), ("of2", "refused"), ("missing", "not-found")]
    commit = log(session)[-1]
    assert len(commit.changes) == 1
    assert [refusal.address for refusal in commit.refused] == [f"of2@{DOMAIN}"]
    assert commit.addresses == [f"off@{DOMAIN}", f"of2@{DOMAIN}"]
    assert log(session, account=f"of2@{DOMAIN}")[-1] == commit
    session.undo()
    assert not session.state.find(f"off@{DOMAIN}").enabled


def test_a_change_that_is_refused_for_each_account_changes_nothing_and_is_written_down(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("off", enabled=False), seats=1)
    assert session.do(EnableAccounts((f"off@{DOMAIN}",))).commit is None
    commit = log(session)[-1]
    assert (commit.operation, commit.changes, len(commit.refused)) == ("enable", (), 1)
    assert session.history.undoable is None


def test_what_did_nothing_writes_nothing(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("off", enabled=False))
    session.do(DisableAccounts((f"off@{DOMAIN}", "missing")))
    assert operations(session) == ["init"]


@pytest.mark.parametrize(
    "operation", [DisableAccounts, EnableAccounts, DeleteAccounts], ids=["disable", "enable", "delete"]
)
def test_a_change_on_what_changed_since_it_was_looked_at_is_not_done(
    tmp_path: Path, operation: Callable[..., Operation]
) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("off", enabled=False))
    looked_at = tuple(session.state.live_entries())
    another(session).do(ImportAccounts(export("berg;Other Name;;"), DOMAIN))
    changed = session.state.find(BERG).id
    with pytest.raises(ChangedMeanwhile, match=f"changed-meanwhile .*{BERG}") as caught:
        session.do(operation(tuple(entry.address for entry in looked_at), expected=looked_at))
    assert (caught.value.numbers, caught.value.exit_code) == ((changed,), 4)
    assert [hint.code for hint in caught.value.hints] == ["look-again"]
    assert operations(session) == ["init", "import"]
    assert used(session) == used(another(session)) == 2
    session.do(operation((ANNA, BERG), expected=tuple(session.state.live_entries())))
    used(session)


def test_a_log_that_makes_no_sense_is_reported(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    session.close()
    path = session.store.folder / "journal.jsonl"
    good = path.read_bytes()
    lies: list[dict[str, Any]] = [
        {"reason": 7},
        {"refused": [None]},
        {"claims": {"as": []}},
        {"undoes": "2"},
        {"deed": 0},
    ]
    for nonsense in lies:
        last = good.rstrip(b"\n").rpartition(b'"hash":"')[2][:64].decode()
        body = {"sequence": 3, "at": "2026-01-01T00:00:00Z", "operator": "x", "session": "", "deed": "d"}
        line, _ = encoded({**body, "next_number": 5, "changes": [], **nonsense}, last)
        path.write_bytes(good + line)
        with pytest.raises(StoreUnusable, match="journal-damaged"):
            log(another(session))
    path.write_bytes(good)
    assert len(log(another(session))) == 2
