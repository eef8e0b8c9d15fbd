"""A store that follows a test server, both made within milliseconds: for tests that need them hundreds of times.

The ids that the server gives are the same each time, so that a store that was read once fits each new world.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from kconsole.core.records import Entry, Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer, recover
from kconsole.providers.base import Timeouts
from tests.clocks import FixedClock, noon
from tests.kerio_server.server import KerioServer
from tests.kerio_server.world import World
from tests.under_kerio import evaluate

ANNA, BERG, CHEN, DORA, OTTO = (
    "anna@north.example", "berg@north.example", "chen@south.example", "dora@north.example", "otto@south.example",
)  # fmt: skip

PATIENCE, SHORT = 30.0, 0.25
"""Seconds that a call may take; and those where the server shall be too slow."""

Accounts = dict[str, tuple[str, bool]]
"""By address: the server's id, and whether it is enabled."""


def crew(clock: FixedClock) -> World:
    """Four people in two domains, of which one is disabled and one is mapped, and a list."""
    world = World(now=clock.now)
    world.set_license(users=20)
    world.add_domain("north.example")
    world.add_domain("south.example")
    world.add_user(ANNA, "Anna Berg", mailbox=True)
    world.add_user(BERG, enabled=False)
    world.add_user(CHEN, "王小明", mapped=True)
    world.add_user(OTTO, "Otto")
    world.add_list("team@north.example", "Everybody")
    return world


class Followed:
    """A test server, and a store that has been read from it."""

    def __init__(self, folder: Path) -> None:
        self.clock = noon()
        self.folder = folder
        self.mail = KerioServer(folder / "server", crew(self.clock), now=self.clock.now)
        self._made = 0

    def __enter__(self) -> "Followed":
        self.mail.start()
        self._template = self.folder / "template"
        session = Session.create(self._template, Inventory(), "anna", self.clock, patience=0)
        access = Access(url=self.mail.url, user=self.mail.user, fingerprint=self.mail.fingerprint)
        session.do(AddServer(Server(name="mail", access=access)))
        self.read(session)
        session.close()
        return self

    def __exit__(self, *_: object) -> None:
        self.mail.close()

    @property
    def writer(self) -> Writer:
        """Who asks it, and waits for every answer; not for long if one is going to be held.

        On a busy machine any answer may come too late then. The end of a session has a time of its own.
        """
        is_held = self.mail.faults.held - {"Session.logout"}
        return Writer(Secret(self.mail.password), timeouts=Timeouts(call=SHORT if is_held else PATIENCE))

    def reset(self) -> Session:
        """A new store, and the server as it was read into that."""
        self.mail.reset(crew(self.clock))
        return self.copied(self._template)

    @contextmanager
    def fresh(self) -> Iterator[Session]:
        """As `begin_anew`; the store is closed in the end."""
        session = self.reset()
        try:
            yield session
        finally:
            session.close()

    def copied(self, folder: Path) -> Session:
        """A copy of a store."""
        self._made += 1
        to = self.folder / f"store-{self._made}"
        shutil.copytree(folder, to)
        return self.opened(to)

    def opened(self, folder: Path, operator: str = "anna") -> Session:
        """A session at a store."""
        return Session.open(folder, operator, self.clock, patience=0)

    def do(self, session: Session, operation: Operation) -> Done:
        return session.do(operation, self.writer)

    def read(self, session: Session) -> Done:
        begun = begin_reading(session)
        return session.do(Sync(read_server(begun.access, Secret(self.mail.password)), begun=begun))

    def recover(self, session: Session) -> Done | None:
        """Ask what became of what is open, and nothing else."""
        with session.store.lease("server"), self.writer.connected(session) as line:
            return recover(session, line)

    @property
    def there(self) -> Accounts:
        """The accounts on the server."""
        world = self.mail.world
        with world.lock:
            return {world.address(user): (user.id, user.enabled) for user in world.users.values()}


def here(session: Session) -> Accounts:
    """The accounts in the store."""
    return {
        entry.address: (entry.server_id, entry.enabled) for entry in session.state.live_entries() if entry.is_account
    }


def state(session: Session) -> tuple[Entry, ...]:
    """All entries, whatever number they have. The figures have followed every change, or this fails."""
    assert session.seats.report() == evaluate(session.state.inventory)
    return tuple(sorted((replace(entry, id=0) for entry in session.state.inventory.entries), key=repr))
