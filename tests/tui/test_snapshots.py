"""Pictures of the main states, held against those that were looked at. `pytest --snapshot-update` takes new ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kconsole.core.history import as_operator
from kconsole.core.license import License
from kconsole.core.records import Inventory
from kconsole.operations.importing.any_file import FileToImport, read_import
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.app import KConsoleApp
from kconsole.tui.screens.import_views import view_of
from kconsole.tui.screens.imports import ImportScreen
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.widgets.labelled import DetailsPane
from tests.clocks import FixedClock, noon
from tests.tui.activity import add_history, add_note, begin_grace, end_license, end_maintenance
from tests.tui.console import NARROW, WIDE, Keyboard
from tests.tui.directories import name_directories, show_preview
from tests.tui.servers import find_differences, leave_open, show_open, show_refusal
from tests.tui.test_imports import LABS
from tests.tui.test_opening import text_of, until

PICTURES = {
    "main-wide": ("office", WIDE, ("j", "j")),
    "main-narrow": ("office", NARROW, ("j", "j")),
    "main-tiny": ("office", (60, 20), ()),
    "never": ("office", NARROW, ("n", "g")),
    "marks": ("office", WIDE, ("space", "j", "space")),
    "crisis": ("crisis", WIDE, ()),
    "small": ("small", NARROW, ("s", "n")),
    "confirm": ("office", NARROW, (*"jjjjjd",)),
    "delete": ("small", NARROW, ("j", "x")),
    "delete-all": ("office", NARROW, ("asterisk", "x")),
    "delete-all-tiny": ("office", (50, 12), ("asterisk", "x", "t", "enter", "y")),
    "undone": ("office", NARROW, (*"jjjjjdyu",)),
    "details": ("crisis", NARROW, ("enter",)),
    "filter": ("office", NARROW, ("slash", "s", "c", "a")),
    "filter-invalid": ("office", NARROW, ("slash", *"is", "colon", *"seat", "space", *"is", "colon", *"x")),
    "no-match": ("office", NARROW, ("slash", "z", "z", "z")),
    "sort": ("office", NARROW, ("s",)),
    "add": ("office", NARROW, ("a",)),
    "help": ("office", WIDE, ("question_mark",)),
    "done": ("office", NARROW, (*"jjjjjdy",)),
    "columns": ("office", NARROW, ("C",)),
    "import": ("office", NARROW, ("I",)),
    "text": ("office", NARROW, ("space", "space", "Y")),
    "saved-filters": ("office", NARROW, ("f",)),
    "held": ("office", NARROW, ("slash", *"is", "colon", *"held")),
}


LOOKS = {
    "ascii": (TerminalProfile(ascii_only=True), ""),
    "no-colours": (TerminalProfile(colours="none"), ""),
    "vt100": (TerminalProfile(colours="none", ascii_only=True), ""),
    "sixteen": (TerminalProfile(colours="16"), "terminal"),
    "light": (TerminalProfile(), "kconsole-light"),
    "contrast": (TerminalProfile(), "kconsole-contrast"),
}
"""Terminals and themes."""


LICENSES: dict[str, tuple[str, Callable[[Session, FixedClock], None], tuple[str, ...]]] = {
    "unregistered": ("", lambda _session, _clock: None, ("l",)),
    "trial": ("small", lambda _session, _clock: None, ("l",)),
    "trial-expired": ("small", lambda _session, clock: clock.forward(days=20), ("l",)),
    "activated": ("office", lambda _session, _clock: None, ("l",)),
    "overdue": ("crisis", lambda _session, _clock: None, ("l",)),
    "maintenance-expired": ("office", end_maintenance, ("l",)),
    "expired": ("office", end_license, ("l",)),
    "grace": ("office", begin_grace, ("l",)),
    "register": ("office", lambda _session, _clock: None, ("l", "B")),
    "components": ("crisis", lambda _session, _clock: None, ("l", "o", "j")),
    "over-limit": ("office", lambda _session, _clock: None, ("l", "D", "7", "0", "enter", "enter", "enter")),
}
"""The License screen: a sample (or an empty store), what happened to it, and the keys."""


SERVER_NEWS: dict[str, tuple[Callable[[Session, FixedClock], None], Callable[[KConsoleApp], None], tuple[str, ...]]] = {
    "open": (leave_open, show_open, ()),
    "open-marked": (leave_open, show_open, ("escape",)),
    "refused": (find_differences, show_refusal, ()),
}
"""What was asked of the server: what happened, what tells it, and the keys after that."""


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", PICTURES)
def test_looks_as_it_was_looked_at(name: str, snap_compare: object, tmp_path: Path) -> None:
    sample, size, keys = PICTURES[name]
    session = sample_session(sample, tmp_path / "store", clock=noon())
    session.store.operator = as_operator("anna")

    async def press(pilot: Pilot[None]) -> None:
        await Keyboard(pilot).press(*keys)

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_log_looks_as_it_was_looked_at(size: tuple[int, int], snap_compare: object, tmp_path: Path) -> None:
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    add_history(session, clock)

    async def press(pilot: Pilot[None]) -> None:
        await Keyboard(pilot).press("L", "j")

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_domains_and_their_directories_look_as_they_were_looked_at(
    size: tuple[int, int], snap_compare: object, tmp_path: Path
) -> None:
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    name_directories(session, clock)
    session.catch_up()

    async def press(pilot: Pilot[None]) -> None:
        await Keyboard(pilot).press("M")

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=size)


@pytest.mark.parametrize("keys", [(), ("equals_sign", "right_square_bracket")], ids=["age", "reconcile"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_server_looks_as_it_was_looked_at(
    size: tuple[int, int], keys: tuple[str, ...], snap_compare: object, tmp_path: Path
) -> None:
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    find_differences(session, clock)

    async def press(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "server as of" in text_of(app))
        await Keyboard(pilot).press(*keys)

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("name", SERVER_NEWS)
def test_what_became_of_a_deed_there_looks_as_it_was_looked_at(
    name: str, size: tuple[int, int], snap_compare: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SERVER_PASSWORD, raising=False)
    happens, shows, keys = SERVER_NEWS[name]
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")

    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(app.screen.query(DetailsPane)))
        happens(session, clock)
        shows(app)
        await pilot.pause()
        await Keyboard(pilot).press(*keys)

    assert callable(snap_compare)
    assert snap_compare(app, run_before=show, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_preview_over_the_limit_looks_as_it_was_looked_at(
    size: tuple[int, int], snap_compare: object, tmp_path: Path
) -> None:
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    name_directories(session, clock)
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")

    async def show(pilot: Pilot[None]) -> None:
        show_preview(app)
        await pilot.pause()

    assert callable(snap_compare)
    assert snap_compare(app, run_before=show, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_an_import_over_the_limit_looks_as_it_was_looked_at(
    size: tuple[int, int], snap_compare: object, tmp_path: Path
) -> None:
    session = sample_session("crisis", tmp_path / "store", clock=noon())
    session.store.operator = as_operator("anna")
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")

    async def show(pilot: Pilot[None]) -> None:
        main = app.screen
        assert isinstance(main, MainScreen)
        file = FileToImport(LABS)
        view = view_of(read_import(file, session.clock.now()), file, session)
        app.push_screen(ImportScreen(main.workspace, file, view))
        await pilot.pause()
        await Keyboard(pilot).press("A")

    assert callable(snap_compare)
    assert snap_compare(app, run_before=show, terminal_size=size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_live_note_looks_as_it_was_looked_at(size: tuple[int, int], snap_compare: object, tmp_path: Path) -> None:
    clock = noon()
    session = sample_session("office", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")

    async def wait(pilot: Pilot[None]) -> None:
        add_note(session, clock)
        await until(pilot, lambda: "berg disabled" in text_of(app))

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=wait, terminal_size=size)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("name", LICENSES)
def test_the_license_looks_as_it_was_looked_at(
    name: str, size: tuple[int, int], snap_compare: object, tmp_path: Path
) -> None:
    sample, happens, keys = LICENSES[name]
    clock, store = noon(), tmp_path / "store"
    if sample:
        session = sample_session(sample, store, clock=clock)
    else:
        session = Session.create(store, Inventory(license=License(seats=20)), clock=clock)
    session.store.operator = as_operator("anna")
    happens(session, clock)

    async def press(pilot: Pilot[None]) -> None:
        await Keyboard(pilot).press(*keys)

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=size)


@pytest.mark.parametrize("look", ["ascii", "no-colours", "contrast"])
def test_the_license_is_told_on_any_terminal(look: str, snap_compare: object, tmp_path: Path) -> None:
    profile, theme = LOOKS[look]
    clock = noon()
    session = sample_session("crisis", tmp_path / "store", clock=clock)
    session.store.operator = as_operator("anna")
    end_license(session, clock)
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk", profile=profile, theme=theme)
    assert callable(snap_compare)
    assert snap_compare(app, press=["l"], terminal_size=NARROW)


def test_read_only_looks_as_it_was_looked_at(snap_compare: object, tmp_path: Path) -> None:
    sample_session("office", tmp_path / "store", clock=noon()).close()
    session = Session.open(tmp_path / "store", "anna", noon(), read_only=True)

    async def press(pilot: Pilot[None]) -> None:
        await Keyboard(pilot).press("d")

    app = KConsoleApp(session, "mail.northwind.example", "helpdesk")
    assert callable(snap_compare)
    assert snap_compare(app, run_before=press, terminal_size=NARROW)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("look", LOOKS)
def test_on_any_terminal_everything_is_still_told(
    look: str, size: tuple[int, int], snap_compare: object, tmp_path: Path
) -> None:
    profile, theme = LOOKS[look]
    session = sample_session("crisis", tmp_path / "store", clock=noon())
    session.store.operator = as_operator("anna")
    app = KConsoleApp(session, "mail.northwind.example", "helpdesk", profile=profile, theme=theme)
    assert callable(snap_compare)
    assert snap_compare(app, press=["j", "space"], terminal_size=size)
