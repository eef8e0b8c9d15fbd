"""What can be undone and redone, by which operator and from which process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import ChangedSince, NotFound, Refused
from kconsole.core.history import Operator, Trace
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from kconsole.store.journal_reader import JournalReader
from tests.clocks import noon
from tests.operations.logs import ANNA, BERG, CHEN, beside, later, log
from tests.operations.sessions import DOMAIN, account, alias, another, deleted, export, results, session_of, used


def test_the_last_own_change_is_undone_from_another_process(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("chen"))
    session.do(DisableAccounts((ANNA,)))
    session.do(DisableAccounts((BERG,)))
    other = another(session)
    other.do(DisableAccounts((CHEN,)))
    session = later(session)
    assert session.history.undoable is None
    last = session.last_undoable()
    assert last is not None
    assert (last.sequence, session.history.to_undo()) == (3, last)
    assert results(session.undo()) == [("berg", "done")]
    session = later(session)
    assert results(session.undo()) == [("anna", "done")]
    session = later(session)
    with pytest.raises(NotFound, match="nothing-to-undo"):
        session.undo()
    assert not session.state.find(CHEN).enabled
    assert later(session, "berg").history.to_undo().sequence == 4


def test_anothers_change_is_undone_by_its_number_only(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    other = another(session)
    other.do(DisableAccounts((ANNA,)))
    with pytest.raises(NotFound, match="nothing-to-undo"):
        session.undo()
    done = session.undo(2, "by mistake")
    assert done.commit is not None
    assert (done.commit.undoes, done.commit.reason, done.commit.operator.user) == (2, "by mistake", "anna")
    assert session.state.find(ANNA).enabled
    with pytest.raises(NotFound):
        other.undo()
    assert other.history.undoable is None


def test_who_claims_another_name_is_another_operator(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    session = later(session)
    for other in (Operator("anna", "chen"), Operator("anna", sudo_user="chen")):
        session.store.operator = other
        assert session.last_undoable() is None
    session.store.operator = Operator("anna")
    assert session.last_undoable() is not None


@pytest.mark.parametrize(
    ("sequence", "code"),
    [
        (9, "no-such-line"),
        (1, "line-has-nothing-to-undo"),
        (3, "line-has-nothing-to-undo"),
        (10**30, "no-such-line"),
    ],
)
def test_what_cannot_be_undone_at_all(tmp_path: Path, sequence: int, code: str) -> None:
    session = session_of(tmp_path, account("anna"), seats=1)
    session.do(DisableAccounts((ANNA,)))
    session.do(EnableAccounts((ANNA,)))
    session.undo()
    session.undo()
    session = session_of(tmp_path / "other", account("anna"), account("off", enabled=False), seats=1)
    session.do(AddDomain("west.example"))
    session.do(EnableAccounts((f"off@{DOMAIN}",)))
    with pytest.raises(NotFound, match=code):
        session.undo(sequence)


def test_redo_is_the_undo_of_the_undo_and_so_on(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    for line in range(2, 9):
        session = later(session)
        assert session.state.find(ANNA).enabled is (line % 2 == 1)
        undone = session.undo(line)
        assert undone.commit is not None
        assert (undone.commit.sequence, undone.commit.undoes) == (line + 1, line)
        with pytest.raises(NotFound, match=rf"undone-already \(line={line}, by={line + 1}\)"):
            session.undo(line)
    with pytest.raises(NotFound, match=r"undone-already \(line=2, by=9\)") as caught:
        session.undo(2)
    assert caught.value.hints == (message("redo-line", line=9),)
    assert session.state.find(ANNA).enabled
    with pytest.raises(NotFound, match="nothing-to-undo"):
        later(session).undo()


def test_what_was_redone_can_be_undone_as_the_last_change(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    undo = session.undo().commit
    assert undo is not None
    assert session.history.undoable is None
    session.undo(undo.sequence)
    assert (session.history.undoable is not None, session.state.find(ANNA).enabled) == (True, False)
    session = later(session)
    assert session.history.to_undo().sequence == 2
    session.undo()
    assert session.state.find(ANNA).enabled
    assert session.last_undoable() is None


def test_a_refused_undo_takes_nothing_back_and_can_be_tried_from_another_process(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("off", enabled=False), seats=1)
    session.do(DisableAccounts((ANNA,)))
    other = another(session)
    other.do(EnableAccounts((f"off@{DOMAIN}",)))
    for again in (session, beside(session)):
        with pytest.raises(Refused, match=r"license-limit .*purpose='undo'"):
            again.undo()
        commit = log(again)[-1]
        assert (commit.operation, commit.changes, commit.addresses) == ("undo", (), [ANNA])
    other.do(DisableAccounts((f"off@{DOMAIN}",)))
    session = later(session)
    assert session.history.to_undo().sequence == 2
    session.undo()
    assert session.state.find(ANNA).enabled


@pytest.mark.parametrize("touched", [BERG, ANNA])
def test_while_an_undo_reads_the_log_others_can_save_and_what_they_save_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touched: str
) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), account("chen"))
    session.do(DisableAccounts((ANNA,)))
    session.do(DisableAccounts((CHEN,)))
    session = later(session)
    other = another(session)
    read = JournalReader.traces

    def reading(*arguments: Any) -> Iterator[Trace]:
        monkeypatch.undo()  # a second reading, under the lock, would not come here
        for operation in (EnableAccounts((ANNA,)), DisableAccounts((ANNA,))) if touched == ANNA else ():
            other.do(operation)
        other.do(DisableAccounts((BERG,)))
        return read(*arguments)

    monkeypatch.setattr(JournalReader, "traces", reading)
    if touched == ANNA:
        with pytest.raises(ChangedSince, match="how='changed-and-back'"):
            session.undo(2)
    else:
        session.undo(2)
    assert session.state.find(ANNA).enabled is (touched != ANNA)
    assert not session.state.find(BERG).enabled


def test_what_was_changed_and_changed_back_by_another_is_not_undone(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    other = another(session)
    other.do(EnableAccounts((ANNA,)))
    other.do(DisableAccounts((ANNA,), "left us for good"))
    for again in (session, beside(session)):
        with pytest.raises(ChangedSince, match=f"how='changed-and-back', name='{ANNA}'") as caught:
            again.undo(2)
        assert caught.value.hints == (message("see-line-of-log", line=4),)
    assert not another(session).state.find(ANNA).enabled
    other.undo()
    other.undo()
    later(session).undo(2)
    assert another(other).state.find(ANNA).enabled


def test_a_restart_or_a_license_that_was_changed_and_changed_back_is_not_undone(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, clock=clock)
    session.do(RecordRestart())
    other = another(session)
    clock.forward(hours=1)
    other.do(RecordRestart())
    clock.forward(hours=-1)
    other.do(RecordRestart())
    with pytest.raises(ChangedSince, match="what='restart', how='recorded', name='', operation='restarted'"):
        session.undo(2)
    session = session_of(tmp_path / "empty", domains=())
    for seats in (3, 4, 3):
        other.do(RestoreInventory(Inventory(license=License(seats=seats))))
        another(session).do(RestoreInventory(Inventory(license=License(seats=seats))))
    with pytest.raises(ChangedSince, match="what='license', how='changed-and-back'"):
        session.undo(2)


def test_what_others_did_and_undid_is_no_change(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    other = another(session)
    other.do(EnableAccounts((ANNA,)))
    other.undo()
    session.undo()
    assert used(session) == 1


def test_a_session_knows_that_another_undid_its_change(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    session.do(DisableAccounts((BERG,)))
    session.do(DisableAccounts((ANNA,)))
    other = another(session)
    undo = other.undo(3).commit
    assert undo is not None
    session.catch_up()
    assert session.history.undoable is not None
    assert session.history.undoable.sequence == 2
    other.undo(undo.sequence)
    session.catch_up()
    assert session.history.undoable.sequence == 3


EVERYBODY = (
    account("anna", mailbox=True),
    account("berg", origin="directory"),
    account("off", enabled=False),
    alias("info", "anna"),
    deleted("gone"),
)


WEST = Domain(name="west.example", primary=False, user_limit=3)


OTHER = Inventory(
    license=License(seats=2),
    last_restart=noon().now(),
    domains=(Domain(name=DOMAIN), WEST),
    entries=(account("anna"), account("x@west.example"), deleted("y@west.example")),
)


@pytest.mark.parametrize(
    "operation",
    [
        DisableAccounts((ANNA, BERG)),
        EnableAccounts((f"off@{DOMAIN}",)),
        AddAccount(CHEN),
        AddAccount(f"gone@{DOMAIN}"),
        DeleteAccounts((ANNA, BERG, f"info@{DOMAIN}")),
        ImportAccounts(export("anna;New Name;;info", "dora;;;"), DOMAIN),
        ImportAccounts(export("dora;;;dora,more"), "west.example"),
        AddDomain("west.example", user_limit=2),
        RecordRestart(),
        RestoreInventory(OTHER),
        RestoreInventory(Inventory()),
    ],
    ids=lambda operation: str(operation.name),
)
def test_a_change_is_redone_as_it_was(tmp_path: Path, operation: Operation) -> None:
    session = session_of(tmp_path, *EVERYBODY, seats=6)
    session.do(operation)
    after, figures = _contents(session), session.seats.report()
    for line in (2, 4, 6):
        session = later(session)
        session.undo(line)
        undone = _contents(session), session.seats.report()
        session = later(session)
        done = session.undo(line + 1)
        assert done.failures == []
        assert (_contents(session), session.seats.report()) == (after, figures)
        used(session)
        used(another(session))
    session.undo()
    assert ({**undone[0]}.keys(), undone[1]) == (_contents(session).keys(), session.seats.report())


def _contents(session: Session) -> dict[str, Any]:
    inventory = session.state.inventory
    entries = {f"{entry.id}": replace(entry, deleted_in=0) for entry in inventory.entries}
    return {**entries, **{domain.name: domain for domain in inventory.domains}, "license": inventory.license}


def test_a_deletion_that_is_redone_is_of_now_and_says_the_same_of_the_mailbox(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna", mailbox=True), account("berg"), clock=clock)
    session.do(DeleteAccounts((ANNA,), "transfer", BERG))
    clock.forward(hours=1)
    session.undo()
    another(session).do(RecordRestart())
    clock.forward(hours=1)
    session.undo(3)
    anna = session.state.find(ANNA)
    assert (anna.deleted_at, anna.mailbox_fate, anna.transferred_to) == (clock.now(), "transfer", BERG)
    assert (used(session), session.seats.held()) == (2, [anna])
    session.undo(5)
    another(session).do(DisableAccounts((BERG,)))
    with pytest.raises(ChangedSince, match=f"what='heir', how='changed', name='{BERG}'"):
        session.undo(6)
    used(session)


def test_a_domain_that_others_added_meanwhile_is_not_added_twice(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    session.do(AddDomain("west.example", primary=True))
    session.undo()
    another(session).do(AddDomain("WEST.example"))
    with pytest.raises(ChangedSince, match=r"how='added-again', name='west\.example'"):
        session.undo(3)
    session.undo(4)
    another(session).do(AddDomain("south.example", primary=True))
    with pytest.raises(ChangedSince, match=r"how='became-primary', name='south\.example'"):
        session.undo(3)
    assert len(session.state.inventory.domains) == 1


def test_a_restored_dump_is_undone_over_as_many_addresses_without_comparing_each_to_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [account(f"a{number}") for number in range(400)]
    session = session_of(tmp_path, *many, seats=None)
    session.do(RestoreInventory(Inventory(entries=tuple(many), domains=(Domain(name=DOMAIN),))))
    compared = [0]
    same = Entry.__eq__

    def counted(one: Entry, other: object) -> bool:
        compared[0] += 1
        return same(one, other)

    monkeypatch.setattr(Entry, "__eq__", counted)
    session.undo()
    assert compared[0] < 20 * len(many)
