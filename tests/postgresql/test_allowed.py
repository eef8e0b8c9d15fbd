"""What kconsole itself writes as an account admin, and the database takes: the walls are in no one's way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Mark
from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.errors import NotPermitted, Refused
from kconsole.core.records import Domain, Entry
from kconsole.core.server import Server, ServerAccess
from kconsole.directories.reading import DirectoryListing
from kconsole.net.secrets import Secret
from kconsole.operations import store_places
from kconsole.operations.accounts import AddAccount, Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.decisions import CancelReservation, ExtendReservation, KeepAccounts, Reserve
from kconsole.operations.mapping import MapDomain, SetDirectory
from kconsole.operations.offboarding import Offboard, ScheduleOffboarding
from kconsole.operations.session import Session
from kconsole.operations.sync.push import push
from kconsole.operations.sync.recover import Writer
from kconsole.operations.tags import TagAccounts
from kconsole.providers.base import AnswerLost
from tests.postgresql.server import Database
from tests.postgresql.test_account_admins import NORTH, SOON, SOUTH, inventory
from tests.providers.conftest import desk, desk_access
from tests.providers.other import Desk, DeskServer

__all__ = ["desk", "desk_access"]

pytestmark = pytest.mark.thorough

DIRECTORY: Final = Directory(url="ldaps://directory.example", base="dc=example")


@pytest.fixture
def admin(database: Database) -> Iterator[Session]:
    session = Session.create(database.address(), inventory(20))
    yield session
    session.close()


def check(database: Database, admin: Session) -> None:
    """The database counts as kconsole does."""
    admin.store.catch_up()
    report, log = admin.seats.report(), list(admin.store.journal.history())
    ((counted,),) = database.execute("SELECT kconsole.used(store, counted) FROM kconsole.head")
    assert counted == report.used == (log[-1].seats or (0, 0))[1]


def user(login: str, **fields: object) -> DirectoryUser:
    return DirectoryUser(id=f"id-{login}", login=login, name=f"uid={login}", **fields)  # type: ignore[arg-type]


def test_what_the_role_allows_the_database_takes(database: Database, admin: Session) -> None:
    """Every operation of an account admin, as kconsole writes it, and its undo."""
    carol = Session.open(database.address("carol"), "carol@host")
    operations: list[Operation] = [
        DisableAccounts((f"anna@{NORTH}", f"dora@{SOUTH}"), "left"),
        EnableAccounts((f"off@{NORTH}",)),
        AddAccount(f"chen@{NORTH}", 'Chen, "C" \\ ü', "täg"),
        AddAccount(f"gone@{NORTH}"),
        TagAccounts((f"berg@{NORTH}", f"boss@{NORTH}"), ("a", "b"), ("vip",)),
        Connect(f"berg@{NORTH}", "IMAP"),
        KeepAccounts((f"berg@{NORTH}",), SOON, "why"),
        Reserve("Someone", SOON, domain=NORTH, count=2, reason="why"),
        Reserve("anyone", SOON, reason="why"),
        ScheduleOffboarding(f"berg@{NORTH}", SOON),
        Offboard(f"berg@{NORTH}"),
    ]
    for operation in operations:
        for _ in range(2):
            done = carol.do(operation)
            assert done.commit is not None, operation
            assert carol.undo(done.commit.sequence).commit is not None
            assert carol.undo(carol.store.sequence).commit is not None  # redone
            carol.undo(carol.store.sequence)
            if not isinstance(operation, AddAccount):
                break
        carol.do(operation)
    with carol.store.transaction("reclaim mark", "reclaim") as transaction:
        boss = carol.state.find(f"boss@{NORTH}")
        assert boss is not None
        mark = Mark(entry=boss.id, address=boss.address, policy="idle", due=SOON, at=datetime.now(UTC))
        transaction.put_decision("marks", mark)
    number = next(iter(carol.state.reservations))
    for operation in (ExtendReservation(number, SOON + timedelta(days=9)), CancelReservation(number)):
        assert carol.do(operation).commit is not None
    assert carol.do(AddAccount(f"Anyone@{SOUTH}", use=f"r{max(carol.state.reservations)}")).commit is not None
    carol.close()
    check(database, admin)


def test_a_bound_login_deletes_and_hands_over_in_its_domains(database: Database, admin: Session) -> None:
    store_places.bind(admin, "cora", [NORTH], f"carol@{NORTH}")
    cora = Session.open(database.address("cora"), "cora@host")
    for operation in (
        DeleteAccounts((f"anna@{NORTH}",), "transfer", f"berg@{NORTH}"),
        Offboard(f"anna@{NORTH}", to=f"berg@{NORTH}"),
        Offboard(f"anna@{NORTH}", alias_to=f"berg@{NORTH}"),
    ):
        for _ in range(2):
            done = cora.do(operation)
            assert done.changed, operation
            cora.undo(done.commit.sequence if done.commit else None)
    cora.do(ScheduleOffboarding(f"anna@{NORTH}", SOON, to=f"berg@{NORTH}", alias_to=f"boss@{NORTH}", reason="x"))
    cora.do(Offboard(f"anna@{NORTH}", to=f"berg@{NORTH}", alias_to=f"boss@{NORTH}"))
    cora.do(Reserve("x", SOON, domain=NORTH, reason="y"))
    cora.close()
    check(database, admin)


def test_users_of_a_directory_may_be_more_than_the_license_has(database: Database, admin: Session) -> None:
    admin.do(SetDirectory(NORTH, DIRECTORY))
    carol = Session.open(database.address("carol"), "carol@host")
    people = [user(f"u{number}") for number in range(30)]
    for users in (people, [replace(people[0], login="renamed", full_name="R"), *people[2:]], people):
        listing = DirectoryListing(tuple(users), (), ())
        assert carol.do(MapDomain(NORTH, listing, over_limit=True, disable_gone=True)).changed
        carol.undo()
    carol.close()
    check(database, admin)


def test_what_a_live_server_is_asked_for(database: Database) -> None:
    access, desk = ServerAccess(url="https://desk.example", user="eye"), Desk()
    domain = desk.add_domain(NORTH)
    entries = tuple(
        Entry(address=f"{login}@{NORTH}", server_id=desk.add(f"{login}@{NORTH}")) for login in ("anna", "berg", "carol")
    )
    server = Server(name="desk", access=access, synced_at=datetime.now(UTC))
    domains = (Domain(name=NORTH, primary=True, server_id=domain),)
    admin = Session.create(database.address(), replace(inventory(20), server=server, domains=domains, entries=entries))
    store_places.bind(admin, "cora", [NORTH], f"carol@{NORTH}")
    cora, mail = Session.open(database.address("cora"), "cora@host"), DeskServer(access, desk, None)
    for operation in (
        DisableAccounts((f"anna@{NORTH}",)),
        EnableAccounts((f"anna@{NORTH}",)),
        AddAccount(f"chen@{NORTH}"),
        DeleteAccounts((f"berg@{NORTH}",)),
    ):
        assert push(cora, operation, mail, lambda: None).changed, operation
    assert not cora.state.pending_changes
    carol = Session.open(database.address("carol"), "carol@host")
    added = push(carol, AddAccount(f"dora@{NORTH}"), mail, lambda: None)
    assert added.commit is not None
    undone = carol._undoing(added.commit, "add")
    assert push(carol, undone, mail, lambda: None).changed  # by an account admin who deletes no other accounts
    carol.close()
    hana = Session.open(database.address("hana"), "hana@host")
    assert push(hana, DisableAccounts((f"anna@{NORTH}",)), mail, lambda: None).changed
    with pytest.raises(Refused):
        hana.undo()
    hana.close()
    cora.close()
    check(database, admin)
    admin.close()


def test_a_login_leaves_unconfirmed_what_it_may_not_take_in(
    database: Database, desk: Desk, desk_access: ServerAccess
) -> None:
    (north,) = (number for number, name in desk.domains.items() if name == NORTH)
    entries = tuple(each for each in desk.accounts.values() if each.domain == NORTH)
    server = Server(name="desk", access=desk_access, synced_at=datetime.now(UTC))
    domains = (Domain(name=NORTH, primary=True, server_id=north),)
    admin = Session.create(database.address(), replace(inventory(20), server=server, domains=domains, entries=entries))
    carol = Session.open(database.address("carol"), "carol@host")
    hana = Session.open(database.address("hana"), "hana@host")
    writer, dora = Writer(Secret(desk.password)), (f"dora@{NORTH}",)

    def lose(session: Session, operation: Operation) -> None:
        desk.trouble = "lost, and done"
        with pytest.raises(AnswerLost):
            session.do(operation, writer)

    def waiting(session: Session) -> list[str]:
        session.catch_up()
        return [pending.operation for pending in session.state.pending_changes.values()]

    lose(hana, DisableAccounts(dora))
    assert [each.code for each in hana.do(DisableAccounts(dora), writer).outcomes] == ["as-last-read"]
    assert waiting(hana) == []
    lose(carol, AddAccount(f"new@{NORTH}"))
    lose(admin, EnableAccounts(dora))
    assert waiting(hana) == ["enable"]  # the admin has taken in that there is a new account
    (outcome,) = hana.do(DisableAccounts(dora), writer).outcomes
    assert (outcome.result, outcome.code) == ("open", "still-unconfirmed")  # it is on, which she may not write down
    assert waiting(hana) == ["enable"]
    assert carol.do(DisableAccounts(dora), writer).changed
    lose(admin, DeleteAccounts(dora))
    assert carol.do(AddAccount(f"newer@{NORTH}"), writer).changed
    assert waiting(carol) == ["delete"]
    assert admin.do(EnableAccounts((f"berg@{NORTH}",)), writer).changed
    assert waiting(admin) == []
    store_places.bind(admin, "cora", [NORTH], "")
    with admin.store.transaction("sync", "read-server") as transaction:  # as if it was restarted since
        assert admin.state.server is not None
        transaction.set_server(replace(admin.state.server, started_at=datetime(2025, 1, 1, tzinfo=UTC)))
    cora = Session.open(database.address("cora"), "cora@host")
    with pytest.raises(NotPermitted, match="restart-not-noted"):
        cora.do(DeleteAccounts((f"berg@{NORTH}",)), writer)
    assert desk.at(f"berg@{NORTH}") is not None
    assert admin.do(DisableAccounts((f"berg@{NORTH}",)), writer).changed
    for session in (carol, hana, cora):
        session.close()
    check(database, admin)
    admin.close()
