"""A database that does not answer, with no word of why; and what others may do meanwhile."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kconsole.core.records import Inventory
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.base import HalfDone
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer
from kconsole.providers.kerio import provider
from kconsole.providers.kerio.assumptions import CAPABILITIES
from kconsole.store.engine import StorageAway
from kconsole.store.postgresql import connection as connections
from kconsole.store.postgresql.silence import Connection
from kconsole.store.seatstore import SeatStore
from tests.clocks import FixedClock, noon
from tests.kerio_server.faults import Churn
from tests.kerio_server.server import KerioServer
from tests.postgresql.proxy import Proxy, proxied
from tests.postgresql.server import Database
from tests.store.stores import account, add, addresses, inventory_of


@pytest.fixture
def proxy(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    SeatStore.create(database.address(), inventory_of(account("anna")), noon(), "anna", 1).abandon()
    monkeypatch.setattr(Connection, "longest", 0.5)
    monkeypatch.setattr(connections, "CONNECTING", 2)  # the least that libpq takes
    with proxied(database) as proxy:
        yield proxy


@pytest.mark.thorough
def test_what_is_swallowed_is_no_wait_for_ever(database: Database, proxy: Proxy) -> None:
    store = SeatStore.open(proxy.address, noon(), 0, "anna")

    def swallow(is_so: bool) -> None:
        proxy.swallows = is_so

    def freeze(is_so: bool) -> None:
        database.server.freeze(signal.SIGSTOP if is_so else signal.SIGCONT)

    for stop in (swallow, freeze):
        stop(True)
        try:
            with pytest.raises(StorageAway) as caught:
                add(store, "chen")
            assert caught.value.exit_code == 8
            assert store.catch_up() == []
            began = time.monotonic()
            with pytest.raises(StorageAway):
                SeatStore.open(proxy.address.replace("?", "") + "?store=other", noon())
            assert time.monotonic() - began < 30
        finally:
            stop(False)
    time.sleep(0.4)  # RETRY
    add(store, "dora")
    assert addresses(store) == ["anna@north.example", "dora@north.example"]
    store.abandon()


def test_a_commit_whose_answer_is_swallowed_is_found(database: Database, proxy: Proxy) -> None:
    store = SeatStore.open(proxy.address, noon(), 1, "anna")
    proxy.swallows_after = b"COMMIT"
    add(store, "chen")
    assert (proxy.silent, store.sequence) == (1, 2)
    add(store, "dora")
    other = SeatStore.open(database.address(), noon())
    assert addresses(other) == addresses(store)
    store.abandon()
    other.abandon()


def test_whose_lease_was_lost_asks_the_server_for_nothing_more(
    database: Database, kerio_server: KerioServer, kerio_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, logins = kerio_server, [f"person{number}@north.example" for number in range(4)]
    mail.world.set_license(users=9)
    mail.world.add_domain("north.example")
    for login in logins:
        mail.world.add_user(login)
    session = Session.create(database.address(), Inventory(), "anna", kerio_clock)
    access = ServerAccess(url=mail.url, user=mail.user, fingerprint=mail.fingerprint)
    session.do(AddServer(Server(name="mail", access=access)))
    begun = begin_reading(session)
    session.do(Sync(read_server(access, Secret(mail.password)), begun=begun))
    monkeypatch.setattr(provider, "CAPABILITIES", replace(CAPABILITIES, most_at_once=2))
    mail.faults.add(Churn(lambda _: database.end_sessions()), "Users.set")
    with pytest.raises(HalfDone) as caught:
        session.do(DisableAccounts(tuple(logins)), Writer(Secret(mail.password)))
    assert (caught.value.code, caught.value.exit_code) == ("lease-lost", 8)
    users = [mail.world.find(login) for login in logins]
    assert [user is not None and user.enabled for user in users] == [False, False, True, True]
    here = [session.state.entry_at(login) for login in logins]
    assert [entry is not None and entry.enabled for entry in here] == [False, False, True, True]
    assert not session.state.pending_changes
    session.close()
