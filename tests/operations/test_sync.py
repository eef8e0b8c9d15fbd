"""The live server read into the store, against a server of its own process: whole, or nothing, or with parts named."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kconsole.core.errors import ChangedMeanwhile, ChangedSince, NotFound, Refused
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done
from kconsole.operations.dumps import dump_of, read_dump_file
from kconsole.operations.files import write_document
from kconsole.operations.server import AddServer, RemoveServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from tests.clocks import FixedClock, noon
from tests.kerio_server.server import KerioServer
from tests.under_kerio import compared, evaluate


def access_of(server: KerioServer, user: str = "") -> Access:
    return Access(url=server.url, user=user or server.user, fingerprint=server.fingerprint)


@pytest.fixture
def world(kerio_server: KerioServer) -> KerioServer:
    """Two domains with a bit of everything."""
    world = kerio_server.world
    world.set_license(users=10, extensions=("Sophos", "ActiveSync"))
    world.add_domain("north.example", description="Head office")
    world.add_domain("south.example", user_limit=3, directory="WindowsActiveDirectory", directory_host="dc.example")
    world.add_user("anna@north.example", "Anna Berg", role="FullAdmin", description="IT")
    world.add_user("berg@north.example", "Berg", enabled=False)
    world.add_user("chen@south.example", "王小明", mapped=True)
    world.log_in("anna@north.example", "ActiveSync", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    world.add_list("team@north.example", "Everybody")
    return kerio_server


@pytest.fixture
def session(tmp_path: Path, world: KerioServer, kerio_clock: FixedClock) -> Session:
    session = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    session.do(AddServer(Server(name="mail", access=access_of(world))))
    return session


def sync(session: Session, server: KerioServer, user: str = "") -> Done:
    access = access_of(server, user)
    done = session.do(Sync(read_server(access, Secret(server.password)), SyncStart(access)))
    assert session.seats.report() == evaluate(session.state.inventory)
    return done


def found(session: Session) -> dict[str, Entry]:
    return {entry.address: entry for entry in session.state.live_entries()}


def test_a_fresh_login_is_written_in_the_compact_form(session: Session, world: KerioServer) -> None:
    """A whole record before and after, each five minutes for all who logged in, would be 20 MB a day."""
    sync(session, world)
    world.world.log_in("anna@north.example", "IMAP", datetime(2026, 1, 3, 3, 4, 5, tzinfo=UTC))
    sync(session, world)
    line = (session.store.folder / "journal.jsonl").read_bytes().splitlines()[-1]
    assert b'"domain":"north.example","protocols":["IMAP","ActiveSync"],"logins":[[' in line
    assert b"Anna Berg" not in line
    with closing(Session.open(session.store.folder, "berg", patience=0)) as other:
        assert found(other) == found(session)


def test_everything_that_the_server_says_is_taken(session: Session, world: KerioServer) -> None:
    sync(session, world)
    entries = found(session)
    anna, berg, chen = (entries[f"{login}.example"] for login in ("anna@north", "berg@north", "chen@south"))
    assert (anna.full_name, anna.description, anna.role, anna.origin) == ("Anna Berg", "IT", "full_admin", "local")
    assert anna.last_login is not None
    assert (anna.last_login.at, anna.last_login.protocol) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "ActiveSync")
    assert (anna.mailbox, anna.active_sync, anna.enabled) == (True, True, True)
    assert (berg.enabled, berg.last_login, berg.mailbox) == (False, None, False)
    assert (chen.origin, chen.full_name) == ("directory", "王小明")
    assert entries["team@north.example"].kind == "mailing_list"
    assert entries["Admin"].kind == "builtin_admin"
    north, south = session.state.domain_named("north.example"), session.state.domain_named("south.example")
    assert north is not None
    assert south is not None
    assert (north.primary, north.description, south.primary, south.user_limit) == (True, "Head office", False, 3)
    assert (session.state.license.seats, session.seats.report().used) == (10, 2)
    assert session.state.license.id_end == "ERVR"
    assert {component.name for component in session.state.license.components} == {"antivirus", "activesync"}
    assert session.license_status.state == "activated"
    server = session.state.server
    assert server is not None
    assert (server.synced_at, server.role, server.missing) == (session.clock.now(), "builtin_admin", ())
    assert server.numbers is not None
    assert (server.numbers.licensed, server.numbers.current) == (10, 2)
    assert all(entry.server_id for entry in session.state.live_entries() if entry.kind != "builtin_admin")


def test_read_again_it_changes_what_has_changed_and_no_more(session: Session, world: KerioServer) -> None:
    sync(session, world)
    before = found(session)
    assert not sync(session, world).changed
    world.world.change_user("anna@north.example", fullName="Anna B.")
    world.world.disable_in_directory("chen@south.example")
    world.world.remove_user("berg@north.example")
    world.world.add_user("dora@south.example", "Dora")
    changed = {outcome.address: outcome.code for outcome in sync(session, world).changed}
    assert changed["anna@north.example"] == "changed-on-server"
    assert changed["berg@north.example"] == "gone-from-server"
    assert changed["dora@south.example"] == "new-on-server"
    after = found(session)
    assert after["anna@north.example"].id == before["anna@north.example"].id
    assert "berg@north.example" not in after


def test_a_renamed_login_is_the_same_account(session: Session, world: KerioServer) -> None:
    sync(session, world)
    number = found(session)["anna@north.example"].id
    world.world.change_user("anna@north.example", loginName="anna.berg")
    sync(session, world)
    assert session.state.find("anna.berg@north.example").id == number


def test_a_domain_that_the_login_is_not_shown_is_not_gone(session: Session, world: KerioServer) -> None:
    sync(session, world)
    before = {address: entry for address, entry in found(session).items() if entry.domain == "south.example"}
    world.world.add_user("helper@north.example", role="AccountAdmin", password=world.password)
    session.do(AddServer(Server(name="mail", access=access_of(world, "helper@north.example"))))
    sync(session, world, "helper@north.example")
    assert {address: entry for address, entry in found(session).items() if entry.domain == "south.example"} == before
    assert before
    assert session.state.domain_named("south.example") is not None
    assert session.state.server is not None
    assert [each.params["figure"] for each in session.state.server.missing] == ["other-domains"]


def test_users_can_change_logins_with_each_other(session: Session, world: KerioServer) -> None:
    sync(session, world)
    numbers = {entry.login: entry.id for entry in session.state.live_entries() if entry.domain == "north.example"}
    world.world.change_user("anna@north.example", loginName="swapping")
    world.world.change_user("berg@north.example", loginName="anna")
    world.world.change_user("swapping@north.example", loginName="berg")
    sync(session, world)
    assert session.state.find("anna@north.example").id == numbers["berg"]
    assert session.state.find("berg@north.example").id == numbers["anna"]
    assert len({entry.address for entry in session.state.live_entries()}) == len(session.state.live_entries())


def test_a_login_that_someone_left_goes_to_someone_new(session: Session, world: KerioServer) -> None:
    sync(session, world)
    number = session.state.find("anna@north.example").id
    world.world.change_user("anna@north.example", loginName="anna.berg")
    world.world.add_user("anna@north.example", "Another Anna")
    sync(session, world)
    assert session.state.find("anna.berg@north.example").id == number
    assert session.state.find("anna@north.example").full_name == "Another Anna"


def test_one_address_is_one_entry(session: Session, world: KerioServer) -> None:
    for target in ("anna@north.example", "berg@north.example"):
        world.world.add_alias("info@north.example", target)
    world.world.add_alias("anna@north.example", "berg@north.example")
    for _ in range(2):
        sync(session, world)
        entries = found(session)
        assert len(entries) == len(session.state.live_entries())
        assert entries["info@north.example"].delivers_to == ("anna@north.example", "berg@north.example")
        assert entries["anna@north.example"].kind == "user"


def test_one_domain_is_the_primary_one(tmp_path: Path, world: KerioServer, kerio_clock: FixedClock) -> None:
    before = Inventory(domains=(Domain(name="own.example", primary=True),))
    session = Session.create(tmp_path / "own", before, "anna", kerio_clock, patience=0)
    session.do(AddServer(Server(name="mail", access=access_of(world))))
    sync(session, world)
    assert [domain.name for domain in session.state.inventory.domains if domain.primary] == ["north.example"]
    assert session.state.domain_named("own.example") is not None


def test_what_only_the_store_knows_stays(tmp_path: Path, world: KerioServer, kerio_clock: FixedClock) -> None:
    from kconsole.operations.accounts import AddAccount, Connect
    from kconsole.operations.server import AddDomain

    session = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    session.do(AddDomain("north.example"))
    for login in ("anna", "own"):
        session.do(AddAccount(f"{login}@north.example"))
    session.do(Connect("anna@north.example", "IMAP", kerio_clock.now() - timedelta(days=1)))
    session.do(AddServer(Server(name="mail", access=access_of(world))))
    sync(session, world)
    entries = found(session)
    assert entries["own@north.example"].server_id == ""  # never on the server: left, and reported by reconcile
    anna = entries["anna@north.example"]
    assert anna.last_login is not None
    assert anna.last_login.at == kerio_clock.now() - timedelta(days=1)  # later than what the server says
    assert anna.server_id
    server = session.state.server
    assert server is not None
    assert server.numbers is not None
    counted = compared(session.seats.report(), server.numbers, session.state.live_entries())
    (difference,) = [each for each in counted if each.figure == "counted" and not each.domain]
    assert (difference.ours, difference.theirs) == (3, 2)
    (cause,) = [cause for cause in difference.causes if cause.code == "only-here"]
    assert [entry.address for entry in cause.accounts] == ["own@north.example"]


def test_a_restart_of_the_server_clears_held_seats(
    session: Session, world: KerioServer, kerio_clock: FixedClock
) -> None:
    sync(session, world)
    kerio_clock.forward(hours=1)
    world.world.remove_user("anna@north.example")
    sync(session, world)
    assert session.seats.report().held == 1
    kerio_clock.forward(hours=1)
    world.world.restart()
    sync(session, world)
    assert session.seats.report().held == 0


def test_an_auditor_reads_all_or_is_reported_what_not(session: Session, world: KerioServer) -> None:
    world.world.add_user("eye@north.example", role="Auditor", password=world.password)
    session.do(RemoveServer())
    session.do(AddServer(Server(name="mail", access=access_of(world, "eye@north.example"))))
    sync(session, world, "eye@north.example")
    server = session.state.server
    assert server is not None
    assert server.role == "auditor"
    assert len(found(session)) == 6


def test_a_reading_is_not_undone(session: Session, world: KerioServer) -> None:
    done = sync(session, world)
    assert done.commit is not None
    assert session.history.undoable is not None
    assert session.history.undoable.operation == "add server"
    before = found(session)
    with pytest.raises(NotFound, match="line-is-of-the-server"):
        session.undo(done.commit.sequence)
    assert found(session) == before


def test_naming_a_server_is_undone_until_it_was_read(session: Session, world: KerioServer) -> None:
    added = session.history.undoable
    assert added is not None
    sync(session, world)
    with pytest.raises(ChangedSince, match="changed-since"):
        session.undo(added.sequence)
    session.do(RemoveServer())
    session.undo()
    assert session.state.server is not None
    assert session.state.server.synced_at is not None


def test_a_dump_holds_the_server(session: Session, world: KerioServer, tmp_path: Path) -> None:
    sync(session, world)
    write_document(tmp_path / "dump.json", dump_of(session), session.store.folder)
    read = read_dump_file(tmp_path / "dump.json")
    assert (read.server, read.domains) == (session.state.inventory.server, session.state.inventory.domains)
    assert [replace(entry, id=0) for entry in session.state.live_entries()] == list(read.entries)


def test_a_store_has_one_server(session: Session, world: KerioServer) -> None:
    with pytest.raises(Refused, match="follows-another-server"):
        session.do(AddServer(Server(name="other", access=access_of(world))))
    assert session.do(AddServer(Server(name="mail", access=access_of(world)))).commit is None
    session.do(RemoveServer())
    assert session.state.server is None
    with pytest.raises(NotFound, match="no-server"):
        sync(session, world)
    assert session.do(RemoveServer()).commit is None


@pytest.mark.parametrize("changed", [{"url": "https://other.example"}, {"user": "eye"}, {"insecure": True}])
def test_what_was_read_of_another_server_is_not_taken(
    session: Session, world: KerioServer, kerio_clock: FixedClock, changed: dict[str, Any]
) -> None:
    access = access_of(world)
    snapshot = read_server(access, Secret(world.password))
    with closing(Session.open(session.store.folder, "berg", kerio_clock)) as other:
        other.do(RemoveServer())
        other.do(AddServer(Server(name="other", access=replace(access, **changed))))
        before = other.state.inventory
    with pytest.raises(ChangedMeanwhile, match="server-changed-meanwhile"):
        session.do(Sync(snapshot, SyncStart(access)))
    assert session.state.inventory == before


def test_the_server_is_kept_with_the_store_and_its_password_is_not(session: Session, world: KerioServer) -> None:
    sync(session, world)
    server, folder = session.state.server, session.store.folder
    session.close()
    again = Session.open(folder, "anna", noon(), patience=0)
    assert again.state.server == server
    again.close()
    for file in folder.iterdir():
        assert world.password.encode() not in file.read_bytes()
        assert b"10000-TEST0" not in file.read_bytes()
