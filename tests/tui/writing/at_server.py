"""What the tests of changes on a live server share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from kconsole.core.errors import SourceAway
from kconsole.net.secrets import Secret
from kconsole.operations.base import Operation
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.recover import Writer
from tests.clocks import noon
from tests.kerio_server.faults import Cut
from tests.kerio_server.server import KerioServer
from tests.tui.console import Console, until
from tests.tui.following import access_of

ANNA, BERG, CHEN, DORA = "anna@north.example", "berg@north.example", "chen@south.example", "dora@north.example"


LONG = "scanner-2nd-floor@north.example"


TEAM = "team@north.example"


NEW_PASSWORD = "let her in, ünique 77c1"


def has_read(mail: KerioServer, then: Callable[[Session], None] = lambda _: None) -> Callable[[Path], None]:
    """The store has been kept in step with a server, before the console opens it; then something else happens."""

    def prepare(store: Path) -> None:
        session = Session.open(store, "anna", noon())
        session.do(Sync(read_server(access_of(mail), Secret(mail.password)), SyncStart(access_of(mail))))
        then(session)
        session.close()

    return prepare


def leaves_open(mail: KerioServer, operation: Operation, done: bool = True) -> Callable[[Path], None]:
    """Someone asked the server for something, and the answer never reached the console."""

    def ask(session: Session) -> None:
        mail.faults.add(Cut(done=done), "Users.set")
        with pytest.raises(SourceAway):
            session.do(operation, Writer(Secret(mail.password)))
        assert session.state.pending_changes

    return has_read(mail, ask)


def known(mail: KerioServer) -> Secret:
    return Secret(mail.password)


def to_account(screen: Console, address: str) -> None:
    screen.main.accounts.move_to(screen.listed.index(address))


def enabled(screen: Console, mail: KerioServer, address: str) -> bool:
    """Whether an account is enabled, which has to be the same here and there."""
    here, there = screen.session.state.find(address).enabled, mail.world.user(address).enabled
    assert here == there
    return here


async def settled(screen: Console) -> Console:
    """What was asked of the server has been answered, and reported."""
    await until(screen, lambda: not screen.is_working("server", "store"))
    return screen


async def disable(screen: Console, address: str = ANNA) -> Console:
    to_account(screen, address)
    await screen.press("d", "y")
    return screen


# Texts from outside

HOSTILE = "a[/]b\x1b[2J\u202e[@click=app.quit]x"


async def fill_in(screen: Console, login: str, password: str = "") -> Console:
    await screen.press("a")
    await screen.type(login)
    await screen.press("enter", "enter")
    screen.expect_typing_in("new-password")
    assert isinstance(screen.app.focused, Input)
    screen.app.focused.insert_text_at_cursor(password)
    return screen
