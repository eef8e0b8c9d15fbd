"""Another server, other settings, other starts: what was meant for one is not asked of another."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of
from kconsole.core.errors import Refused, SourceAway
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.base import Done
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer
from tests.clocks import FixedClock
from tests.kerio_server.faults import Cut
from tests.kerio_server.server import KerioServer
from tests.operations.write_through.at_server import ANNA, CHEN, do, follow, read


def named(mail: KerioServer, url: str = "", user: str = "") -> AddServer:
    access = Access(url=url or mail.url, user=user or mail.user, fingerprint=mail.fingerprint)
    return AddServer(Server(name="mail", access=access))


def test_what_is_open_is_not_asked_of_another_server(session: Session, mail: KerioServer) -> None:
    mail.faults.add(Cut(), "Users.set")
    with pytest.raises(SourceAway):
        do(session, mail, DisableAccounts((ANNA,)))
    with pytest.raises(Refused, match="changes-unconfirmed") as refused:
        session.do(named(mail, url="https://other.example:4040"))
    assert (refused.value.params["addresses"], refused.value.hints) == ([ANNA], hints_of("sync-or-forget"))
    session.do(named(mail, user=f"Admin@{ANNA.partition('@')[2]}"))  # the same one, by another login
    session.do(named(mail))
    read(session, mail)
    assert not session.state.pending_changes
    session.do(named(mail, url="https://other.example:4040"))


def test_at_a_server_that_was_never_read_nothing_is_changed(session: Session, mail: KerioServer) -> None:
    done = session.do(named(mail, url=mail.url.replace("localhost", "127.0.0.1")))
    assert (done.outcomes[0].code, done.outcomes[0].params["old_url"]) == ("server-moved", mail.url)
    for operation in (DisableAccounts((ANNA,)), AddAccount("dora@north.example")):
        with pytest.raises(Refused, match="server-never-read") as raised:
            do(session, mail, operation)
        assert raised.value.effect == Message("nothing-changed-there-or-here")
    read(session, mail)
    do(session, mail, DisableAccounts((ANNA,)))


def test_other_settings_for_the_same_server_leave_it_read(session: Session, mail: KerioServer) -> None:
    before = session.state.server
    done = session.do(named(mail, user=f"Admin@{ANNA.partition('@')[2]}"))
    assert done.outcomes[0].code == "server-settings-changed"
    assert before is not None
    assert session.state.server == replace(before, access=replace(before.access, user="Admin@north.example"))


def test_a_server_that_is_named_while_what_was_open_is_asked_about_is_not_taken_for_the_one_that_was_meant(
    session: Session, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    mail.faults.add(Cut(), "Users.set")
    with pytest.raises(SourceAway):
        do(session, mail, DisableAccounts((ANNA,)))
    other = Session.open(session.store.folder, "berg", kerio_clock, patience=0)

    def meanwhile(_: Done) -> None:
        other.do(named(mail, url="https://other.example:4040"))

    with pytest.raises(Refused, match="server-added-meanwhile"):
        session.do(DisableAccounts((CHEN,)), Writer(Secret(mail.password), recovered=meanwhile))
    other.close()
    assert mail.world.user(CHEN).enabled
    assert not session.state.pending_changes


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("ours", [-HOUR, timedelta(minutes=1), HOUR], ids=str)
@pytest.mark.parametrize("theirs", [-7 * HOUR, timedelta(0), 7 * HOUR], ids=str)
def test_whether_a_seat_is_held_follows_from_the_servers_own_starts_and_the_log(
    session: Session, mail: KerioServer, kerio_clock: FixedClock, ours: timedelta, theirs: timedelta
) -> None:
    """The server's clock and ours may jump and differ; `ours` passes here between two steps, and `theirs` there."""
    ahead = timedelta(0)
    mail.world.now = lambda: kerio_clock.now() + ahead

    def restart() -> None:
        nonlocal ahead
        kerio_clock.moment += ours
        ahead += theirs or timedelta(minutes=1) - ours  # a start is never the one before
        mail.restart()

    def deletes(address: str) -> int:
        kerio_clock.moment += ours
        do(session, mail, DeleteAccounts((address,), "delete"))
        return session.seats.report().held

    mail.world.add_user("dora@north.example")
    restart()
    read(session, mail)
    assert deletes(ANNA) == 1
    kerio_clock.moment += ours
    read(session, mail)
    assert session.seats.report().held == 1  # it was not restarted
    restart()
    assert deletes("dora@north.example") == 1  # the first is free, and this one is not
    kerio_clock.moment += ours
    read(session, mail)
    assert session.seats.report().held == 1
    restart()
    read(session, mail)
    assert session.seats.report().held == 0


def test_a_start_that_is_read_before_another_console_saw_a_restart_is_not_another_restart(
    session: Session, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    begun = begin_reading(session)
    state = read_server(begun.access, Secret(mail.password))
    kerio_clock.forward(hours=1)
    mail.restart()
    do(session, mail, DeleteAccounts((ANNA,), "delete"))
    session.do(Sync(state, begun))
    read(session, mail)
    assert session.seats.report().held == 1


@pytest.mark.parametrize("ahead", [-3 * HOUR, 3 * HOUR], ids=str)
def test_a_first_reading_compares_times_by_one_clock(
    tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock, ahead: timedelta
) -> None:
    before = Inventory(domains=(Domain(name="north.example", primary=True),), entries=(Entry(address=ANNA),))
    session = Session.create(tmp_path / "other", before, "anna", kerio_clock, patience=0)
    mail.world.now = lambda: kerio_clock.now() + ahead
    mail.restart()
    kerio_clock.forward(hours=1)
    session.do(DeleteAccounts((ANNA,)))
    kerio_clock.forward(hours=1)
    mail.world.remove_user(ANNA)
    follow(session, mail)
    assert session.seats.report().held == 1
