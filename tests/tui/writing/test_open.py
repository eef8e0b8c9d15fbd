"""Changes that were open when the console started."""

import subprocess
import sys
from pathlib import Path

import pytest

from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.session import Session
from kconsole.tui.screens.main import MainScreen
from tests.clocks import noon
from tests.kerio_server.faults import Held
from tests.kerio_server.server import KerioServer
from tests.tui.console import NARROW, WIDE, console, until, until_shown
from tests.tui.following import following
from tests.tui.mappings import log_in
from tests.tui.writing.at_server import ANNA, CHEN, disable, enabled, has_read, known, leaves_open, settled


async def test_what_is_open_at_the_start_is_reported_and_marked(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    async with console(following(mail), NARROW, prepare=prepare) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("The server mail was asked for this, and its answer was lost:", f"disable {ANNA}")
        screen.expect_dialog("Press r to ask the server.")
        await screen.press("escape")
        assert "· 1 change unconfirmed ·" in screen.text
        await screen.press("r")
        await log_in(screen, mail.password)
        await until_shown(screen, "Unconfirmed changes are resolved")
        assert not enabled(screen, mail, ANNA)


@pytest.mark.parametrize("done", [False, True])
async def test_with_a_password_it_is_settled_at_the_start(mail: KerioServer, done: bool) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)), done)
    async with console(following(mail), NARROW, prepare=prepare, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes are resolved")
        screen.expect_dialog(f"anna@north.example was {'' if done else 'not '}disabled on the server")
        assert enabled(screen, mail, ANNA) is not done
        await screen.press("escape")
        assert not screen.session.state.pending_changes
        assert "open" not in screen.text


async def test_it_is_settled_although_someone_is_at_work_meanwhile(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    login = mail.faults.add(Held(), "Session.login", call=3)
    async with console(following(mail), NARROW, prepare=prepare, server_secret=known(mail)) as screen:
        await until(screen, login.reached.is_set)
        await settled(await disable(screen, CHEN))
        assert not enabled(screen, mail, CHEN)
        assert not enabled(screen, mail, ANNA)
        login.release()
        await until(screen, lambda: not screen.is_working("settling"))
        assert not screen.session.state.pending_changes


async def test_if_the_server_is_away_at_the_start_what_is_open_is_reported(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))

    def and_stop(store: Path) -> None:
        prepare(store)
        mail.stop()

    async with console(following(mail), NARROW, prepare=and_stop, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("Cannot connect to", f"disable {ANNA}")
        assert screen.session.state.pending_changes


async def test_what_another_console_is_at_is_no_ones_crash(mail: KerioServer) -> None:
    others: list[Session] = []

    def at_it(store: Path) -> None:
        leaves_open(mail, DisableAccounts((ANNA,)))(store)
        others.append(Session.open(store, "berg", noon()))
        lock = others[0].store.lease("server")
        lock.__enter__()
        others.append(lock)  # type: ignore[arg-type]  # kept to be left

    async with console(following(mail), NARROW, prepare=at_it, server_secret=known(mail)) as screen:
        await screen.tick()
        screen.expect_no_dialog()
        assert "1 change unconfirmed" in screen.text
        others[1].__exit__(None, None, None)  # type: ignore[attr-defined]
        others[0].close()


async def test_what_is_being_asked_for_when_the_screen_is_complete_is_no_crash(
    mail: KerioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys can be typed ahead of it."""
    complete, later = MainScreen.complete, list[MainScreen]()
    monkeypatch.setattr(MainScreen, "complete", lambda self: later.append(self))
    async with console(following(mail), WIDE, prepare=has_read(mail), server_secret=known(mail)) as screen:
        held = mail.faults.add(Held(), "Users.set")
        await disable(screen)
        await until(screen, held.reached.is_set)
        complete(later[0])
        assert not [each for each in screen.app.workers if each.group == "recovering"]
        held.release()
        await settled(screen)
        assert not enabled(screen, mail, ANNA)
        screen.expect_no_dialog()


async def test_read_only_tells_what_is_open_and_asks_no_one(mail: KerioServer) -> None:
    prepare = leaves_open(mail, DisableAccounts((ANNA,)))
    async with console(following(mail), NARROW, prepare=prepare, read_only=True, server_secret=known(mail)) as screen:
        await until_shown(screen, "Unconfirmed changes")
        screen.expect_dialog("without --read-only")
        assert screen.session.state.pending_changes


def test_what_asks_a_server_is_not_imported_for_the_first_picture() -> None:
    code = "import sys, kconsole.tui.app, kconsole.cli.screen; print(*sorted(sys.modules))"
    words = [sys.executable, "-c", code]
    imported = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert "kconsole.tui.screens.main" in imported
    late = (
        "httpx",
        "kconsole.operations.sync.access",
        "kconsole.operations.sync.recover",
        "kconsole.tui.screens.waiting",
    )
    assert not [name for name in late if name in imported]
