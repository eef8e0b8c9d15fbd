"""The plain console at a store that follows a server: passwords, changes there first, and what the server says."""

from pathlib import Path

import pytest

from kconsole.core.records import Inventory
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.history import LogQuery
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from tests.clocks import FixedClock
from tests.kerio_server.faults import HalfBody
from tests.kerio_server.server import KerioServer
from tests.plain.console import run
from tests.plain.test_plain import ADD, FIND, SYNC, UNDO

pytestmark = pytest.mark.thorough


@pytest.fixture
def session(tmp_path: Path, kerio_server: KerioServer, kerio_clock: FixedClock) -> Session:
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    world.add_user("anna@north.example", "Anna Berg", role="FullAdmin")
    world.add_user("berg@north.example", "Berg")
    session = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    access = ServerAccess(url=kerio_server.url, user=kerio_server.user, fingerprint=kerio_server.fingerprint)
    session.do(AddServer(Server(name="mail", access=access)))
    return session


def test_the_server_is_read_and_changed_with_a_password_that_is_asked_for_once(
    session: Session, kerio_server: KerioServer
) -> None:
    script = run(
        session, SYNC, FIND, "berg@", "1", "1", "left", "y", "b", "1", UNDO, "", "y", "q", secret=kerio_server.password
    )
    assert script.out.count("Password of ") == 1
    assert kerio_server.password not in script.out
    assert any(line.startswith("Done: 0 to 2 seats used, server read: ") for line in script.lines)
    assert "It takes effect on the server mail at once." in script.lines
    assert any(line.startswith("Server mail: as of ") for line in script.lines)
    (berg,) = [entry for entry in session.state.live_entries() if entry.address == "berg@north.example"]
    assert berg.enabled
    assert [commit.operation for commit in session.history.log(LogQuery())][-5:] == [
        "sync", "ask server", "disable", "ask server", "undo",
    ]  # fmt: skip


def test_a_wrong_password_is_asked_for_again_and_none_changes_nothing(
    session: Session, kerio_server: KerioServer
) -> None:
    script = run(session, SYNC, SYNC, "q", secret="wrong")
    assert script.out.count("Password of ") == 2
    assert script.out.count("Failed: ") == 2
    script = run(session, SYNC, ADD, "dora@north.example", "", "", "y", "q", secret="")
    assert session.state.entry_at("dora@north.example") is None
    run(session, SYNC, "q", given=Secret(kerio_server.password))
    assert session.state.entry_at("berg@north.example") is not None


def test_offline_it_reads_and_refuses_changes(session: Session, kerio_server: KerioServer) -> None:
    run(session, SYNC, "q", given=Secret(kerio_server.password))
    session.offline = True
    script = run(session, SYNC, ADD, FIND, "berg@", "1", "b", "b", "q")
    assert not any("all else cancels" in prompt for prompt, _ in script.asked)


def test_a_server_that_is_away_is_a_sentence(session: Session, kerio_server: KerioServer) -> None:
    run(session, SYNC, "q", given=Secret(kerio_server.password))
    kerio_server.stop()
    script = run(session, SYNC, FIND, "berg@", "1", "1", "", "y", "b", "q", given=Secret(kerio_server.password))
    assert script.out.count("Failed: ") == 2
    assert session.state.entry_at("berg@north.example").enabled  # type: ignore[union-attr]  # it is there


def test_what_is_unconfirmed_is_said_until_the_server_is_read(session: Session, kerio_server: KerioServer) -> None:
    secret = Secret(kerio_server.password)
    run(session, SYNC, "q", given=secret)
    kerio_server.faults.add(HalfBody(), "Users.set")
    script = run(session, FIND, "berg@", "1", "1", "left", "y", "b", "1", SYNC, "1", "q", given=secret)
    assert "Warning: 1 change unconfirmed:" in script.lines
    assert script.lines.count("Warning: 1 change unconfirmed:") == 1
    assert "Unconfirmed changes are resolved:" in script.lines
