"""What is written down of every change, and what can be undone of it, by whose hand and from where."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.errors import ChangedMeanwhile, ChangedSince, ConsoleError, NotFound, Refused, StoreUnusable
from kconsole.core.history import Change, Commit, Operator, Trace
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.licensing import counting
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from kconsole.store.journal_reader import JournalReader
from kconsole.text.messages import error_words
from tests.clocks import FixedClock, noon
from tests.licensing.strategies import DOMAIN_NAMES, LOGINS, inventories
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, alias, another, deleted, export, results, session_of, used
from tests.store.stores import encoded
from tests.under_kerio import evaluate

ANNA, BERG, CHEN = (f"{login}@{DOMAIN}" for login in ("anna", "berg", "chen"))
SEATS = (1, 0)


def log(session: Session, **query: Any) -> list[Commit]:
    return list(session.history.log(LogQuery(**query)))


def operations(session: Session, **query: Any) -> list[str]:
    return [commit.operation for commit in log(session, **query)]


@pytest.mark.parametrize(
    "name", ["seats", "berg", "carla", "anna", "998", "1003", "SHA256:tQ5", "SHA256:tQ5+x6pTiW2P", "x6pTiW2P", "an id"]
)
def test_an_operator_is_found_by_all_their_names(name: str) -> None:
    operator = Operator("seats", "berg", "carla", "10.0.0.1", "anna", 998, 1003, "SHA256:tQ5+x6pTiW2P an id")
    assert operator.goes_by(name)
    assert not Operator("berta", uid=99).goes_by(name)
    for other in ("tQ5", "SHA256:x6p", "ann", "id", "10.0.0.1", "99"):
        assert not operator.goes_by(other)


def later(session: Session, operator: str = "anna") -> Session:
    """A session of the same operator in another process, after this one ended."""
    session.close()
    return Session.open(session.store.folder, operator, session.clock, patience=0)


def beside(session: Session) -> Session:
    """A session of the same operator in another process, at the same time."""
    return Session.open(session.store.folder, session.store.operator, session.clock, patience=0)


# The log


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


def refused(session: Session, operation: Operation) -> Commit:
    """The line of a change that is refused whole."""
    before = dump_of(session)
    with pytest.raises(Refused):
        session.do(operation)
    assert dump_of(session) == before == dump_of(another(session))
    *_, commit = log(session)
    assert (commit.operation, commit.changes, len(commit.refused)) == (operation.name, (), 1)
    assert commit.seats == (session.seats.report().used, session.seats.report().used)
    return commit


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


# Undo across sessions and operators


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


# Redo of each change


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


# Seats


def test_many_accounts_are_enabled_without_a_report_of_all_domains_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = tuple(Domain(name=f"d{number}.example") for number in range(2000))
    off = [account(f"a{number}@d{number}.example", enabled=False) for number in range(600)]
    session = session_of(tmp_path, *off, domains=domains, seats=None)
    reported: list[str] = []
    report_of = counting._domain_report

    def counted(domain: Domain, *rest: Any) -> Any:
        reported.append(domain.name)
        return report_of(domain, *rest)

    monkeypatch.setattr(counting, "_domain_report", counted)
    done = session.do(EnableAccounts(tuple(entry.address for entry in off)))
    assert len(done.changed) == 600
    assert len(reported) <= 600 + 3 * 2000
    monkeypatch.undo()
    assert used(session) == 600


class Histories(RuleBasedStateMachine):
    """Two sessions on one store, that do, undo and redo: the ledger, the rules and the journal agree at every step."""

    addresses = st.builds("{}@{}".format, st.sampled_from([*LOGINS, "missing"]), st.sampled_from(DOMAIN_NAMES))
    several = st.lists(addresses, min_size=1, max_size=3).map(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.clock: FixedClock = noon()
        self.lines = 1

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(inventory=inventories(most=8))
    def open_two(self, inventory: Inventory) -> None:
        self.folder = Path(self.temporary.name) / "s"
        self.one = Session.create(self.folder, inventory, "anna", self.clock, patience=0)
        self.other = Session.open(self.folder, "berg", self.clock, patience=0)

    def attempt(self, act: Callable[[Session], object]) -> None:
        self.clock.forward(seconds=1)
        self.one.catch_up()
        before = self.one.state.inventory
        try:
            act(self.one)
        except ConsoleError:
            assert _sorted(self.one.state.inventory) == _sorted(before)

    @rule(addresses=several, kind=st.sampled_from([DisableAccounts, EnableAccounts, DeleteAccounts]))
    def do(self, addresses: tuple[str, ...], kind: Callable[[tuple[str, ...]], Operation]) -> None:
        self.attempt(lambda session: session.do(kind(addresses)))

    @rule(address=addresses)
    def add(self, address: str) -> None:
        self.attempt(lambda session: session.do(AddAccount(address)))

    @rule(name=st.sampled_from([*DOMAIN_NAMES, "west.example"]), primary=st.booleans())
    def add_domain(self, name: str, primary: bool) -> None:
        self.attempt(lambda session: session.do(AddDomain(name, primary)))

    @rule()
    def restart(self) -> None:
        self.attempt(lambda session: session.do(RecordRestart()))

    @rule(inventory=inventories(most=4))
    def restore(self, inventory: Inventory) -> None:
        self.attempt(lambda session: session.do(RestoreInventory(inventory)))

    @rule()
    def undo(self) -> None:
        self.attempt(Session.undo)

    @rule(back=st.integers(0, 6))
    def undo_a_line(self, back: int) -> None:
        line = max(len(log(self.one)) - back, 1)
        self.attempt(lambda session: session.undo(line))

    @rule()
    def redo(self) -> None:
        """The last undo is undone at once, which leaves everything as it was before it."""
        self.clock.forward(seconds=1)
        self.one.catch_up()
        before = _sorted(self.one.state.inventory, deletions=False)
        try:
            undone = self.one.undo()
        except ConsoleError:
            return
        if undone.commit is None:
            return
        last = undone.commit.sequence
        try:
            self.one.undo(last)
        except ChangedSince:
            raise
        except Refused:
            return  # a restart that was undone since may have filled all seats with held ones
        assert _sorted(self.one.state.inventory, deletions=False) == before

    @rule()
    def change_seats(self) -> None:
        self.one, self.other = self.other, self.one

    @rule()
    def reopen(self) -> None:
        self.one = later(self.one)

    @invariant()
    def everything_agrees(self) -> None:
        for session in (self.one, self.other):
            session.catch_up()
            assert session.seats.report() == evaluate(session.state.inventory)
        assert _sorted(self.one.state.inventory) == _sorted(self.other.state.inventory) == self.replayed()

    def replayed(self) -> object:
        """What a third session makes of the whole journal, with the seats that each line tells."""
        third = Session.open(self.folder, "chen", self.clock, patience=0, read_only=True)
        records: dict[str, dict[int, Any]] = {table: {} for table in ("entries", "domains", "license", "server")}
        used = None
        for place, commit in enumerate(third.history.log(LogQuery()), 1):
            assert commit.sequence == place
            assert commit.seats is None or used in (None, commit.seats[0])
            for change in commit.changes:
                _take(records, change)
            inventory = _inventory(records)
            used = evaluate(inventory).used
            assert commit.seats is None or commit.seats[1] == used
        assert _sorted(third.state.inventory) == _sorted(inventory)
        third.close()
        return _sorted(inventory)


def _take(records: dict[str, dict[int, Any]], change: Change) -> None:
    assert records[change.table].get(change.number) == change.before
    if change.after is None:
        del records[change.table][change.number]
    else:
        records[change.table][change.number] = change.after


def _inventory(records: dict[str, dict[int, Any]]) -> Inventory:
    return Inventory(
        license=records["license"].get(1, License()),
        last_restart=restart.at if (restart := records["server"].get(1)) else None,
        restart_line=restart.line if restart else 0,
        domains=tuple(records["domains"].values()),
        entries=tuple(records["entries"].values()),
    )


def _sorted(inventory: Inventory, *, deletions: bool = True) -> object:
    """In an order, and without the moments of deletions: what is deleted again is deleted now."""
    entries = tuple(sorted(inventory.entries, key=lambda entry: entry.id))
    if not deletions:
        entries = tuple(replace(entry, deleted_at=entry.deleted_at and noon().now(), deleted_in=0) for entry in entries)
    domains = tuple(sorted(inventory.domains, key=lambda domain: domain.name))
    return replace(inventory, entries=entries, domains=domains)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=EXAMPLES // 4 + 5, stateful_step_count=20, deadline=None)
