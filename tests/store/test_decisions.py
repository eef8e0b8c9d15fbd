"""Decisions in a store: written only where there are some, and the same in journal, snapshot, dump and backup."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from kconsole.core.consistency import checked
from kconsole.core.decisions import DECISIONS, Decision, Keep, Mark, Offboarding, Policy, Protection, Reservation
from kconsole.core.errors import BadInput
from kconsole.core.records import Inventory
from kconsole.core.roles import Authority
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.accounts import DeleteAccounts
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.scope import Scope
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.text.commits import details_of
from tests.operations.sessions import account, session_of
from tests.store.stores import opened, same_as_disk

AT = datetime(2026, 8, 5, 12, tzinfo=UTC)
UNTIL = AT + timedelta(days=30)


def decided(session: Session) -> None:
    """Make a decision of each kind about anna."""
    anna = session.store.state.find("anna@north.example").id
    with session.store.transaction("decide", "restore") as transaction:
        transaction.put_decision("policies", Policy(name="idle", never=60))
        transaction.put_decision(
            "keeps", Keep(entry=anna, address="anna@north.example", until=UNTIL, reason="leave", by="root", at=AT)
        )
        transaction.put_decision("protections", Protection(pattern="svc-*", at=AT))
        person = Reservation(subject="Anna Novak", domain="north.example", start=AT, until=UNTIL, at=AT)
        transaction.put_decision("reservations", person)
        transaction.put_decision(
            "marks", Mark(entry=anna, address="anna@north.example", policy="idle", due=UNTIL, at=AT)
        )
        leaves = Offboarding(entry=anna, address="anna@north.example", due=UNTIL, reason="left", by="root", at=AT)
        transaction.put_decision("offboardings", leaves)


def decisions(session: Session) -> list[int]:
    return [len(session.store.state.tables[table]) for table in DECISIONS]


def _of_accounts(scope: Scope) -> list[Mapping[int, Decision]]:
    state = scope.state
    return [state.keeps, state.marks, state.reservations, state.offboardings]


def test_a_store_without_decisions_is_written_as_before(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    assert not set(DECISIONS) & set(orjson.loads(dump_of(session)))
    session.close()
    assert not set(DECISIONS) & set(orjson.loads((tmp_path / "store" / "store.json").read_bytes()))


def test_decisions_are_in_journal_snapshot_and_tinydb(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    decided(session)
    assert decisions(session) == [1] * 6
    assert same_as_disk(session.store)
    before = session.store.state.tables
    session.close()
    for path in (tmp_path / "store" / "store.json", tmp_path / "store" / "journal.jsonl"):
        again = opened(tmp_path / "store")
        assert again.state.tables == before
        with again.transaction("x", "restore") as transaction:
            assert transaction.tables.table("policies").all()[0]["name"] == "idle"
        again.abandon()
        if path.name == "store.json":
            path.unlink()


def test_a_dump_names_the_account_by_its_address(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("berg"), account("anna"))
    decided(session)
    dump = dump_of(session)
    assert orjson.loads(dump)["keeps"][0]["address"] == "anna@north.example"
    other = session_of(tmp_path / "other", account("zoe"))
    other.do(RestoreInventory(read_dump(dump, "dump")))
    assert decisions(other) == [1] * 6
    (keep,) = other.state.keeps.values()
    assert other.state.entries[keep.entry].address == "anna@north.example"
    assert dump_of(other) == dump
    other.undo()
    assert decisions(other) == [0] * 6
    other.undo(other.store.sequence)
    assert dump_of(other) == dump


@pytest.mark.parametrize(
    "wrong",
    [
        Inventory(keeps=(Keep(address="gone@north.example", until=UNTIL, at=AT),)),
        Inventory(reservations=(Reservation(subject="x", start=UNTIL, until=AT, at=AT),)),
        Inventory(policies=(Policy(name="idle"), Policy(name="idle"))),
    ],
)
def test_a_dump_whose_decisions_make_no_sense_is_refused(wrong: Inventory) -> None:
    with pytest.raises(BadInput):
        checked(wrong, "dump")


def test_keep_and_mark_end_with_their_account_and_undo_brings_them_back(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    decided(session)
    before = session.store.state.copy().tables
    session.do(DeleteAccounts(("anna@north.example",), "keep"))
    assert decisions(session) == [1, 0, 1, 1, 0, 0]
    session.undo()
    assert session.store.state.tables == before
    session.undo(session.store.sequence)
    assert decisions(session) == [1, 0, 1, 1, 0, 0]


def test_an_operator_sees_only_the_decisions_of_their_domains(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("mia@south.example"))
    decided(session)
    south = Scope(Authority("helpdesk", frozenset(("south.example",))), session.store.state, session.seats)
    north = Scope(Authority("helpdesk", frozenset(("north.example",))), session.store.state, session.seats)
    assert [len(each) for each in _of_accounts(south)] == [0, 0, 0, 0]
    assert [len(each) for each in _of_accounts(north)] == [1, 1, 1, 1]
    (commit,) = (each for each in session.history.log(LogQuery()) if each.operation == "decide")
    assert {change.table for change in south.commit(commit).changes} == {"policies", "protections"}
    assert list(details_of(commit, AT))
