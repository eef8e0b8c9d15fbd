"""The commands that open the console, and how it looks. The only module that imports the screen."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple

import click

import kconsole
from kconsole.cli.context import DEBUG_VARIABLE, CliContext, at_store, on_screen, say
from kconsole.cli.signals import ENDING_SIGNALS, SIGNALLED, handled_by
from kconsole.cli.streams import has_person
from kconsole.core.errors import BadInput, ConsoleError, NotFound, ReadOnly
from kconsole.operations.contexts import Context, several
from kconsole.operations.fleet import DEADLINE
from kconsole.operations.fleet_process import FleetProcess
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.locations import Location
from kconsole.operations.preferences import Preferences, preferences_path
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.search.collation import use_locale
from kconsole.operations.session import Progress, Session
from kconsole.operations.settings import Settings, read_settings
from kconsole.operations.system import system_operator, takes_long
from kconsole.text.terminals import TerminalProfile, cannot_draw_words, first_theme, profile_of, why_plain

if TYPE_CHECKING:
    from kconsole.net.secrets import Secret

PATIENCE: Final = 1.0
"""Seconds that the console waits for another process that is saving. The screen stands still meanwhile."""

PLAIN_DEADLINE: Final = 1.0
"""Seconds after which a store without any progress does not answer, in the list that the plain console says once."""

SOURCE: Final = Path(kconsole.__file__).parent.parent
"""The checkout, if kconsole runs from one."""


DEMO_FLEET: Final = (
    Context("office", "", "green", note="the sample office"),
    Context("crisis", "", "red", confirm_name=True, note="over the limit"),
    Context("small", "", "grey", read_only=True, note="a trial, read-only"),
)
"""How the samples look as contexts, without their folders."""


class Appearance(NamedTuple):
    """How the console looks in this terminal, and why."""

    profile: TerminalProfile
    settings: Settings
    preferences: Preferences
    asked_theme: str
    """The theme of the command line; empty if it has none."""
    theme: str
    theme_reason: str
    mouse: bool
    plain: str
    """Why it is the plain console; empty if it is not."""


def look_of(place: CliContext) -> Appearance:
    """How the console looks, by options, environment, configuration file and earlier choices."""
    use_locale()  # here, where no thread runs yet
    settings, preferences = read_settings(), Preferences(preferences_path(place.operator_name))
    profile = profile_of(
        os.environ,
        sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8",
        ascii_only=place.ascii_only or None,
        colours=place.colours,
        usual_ascii=settings.ascii_only,
        usual_colours=settings.colours,
    )
    theme, reason = first_theme(profile, place.theme, preferences.theme, settings.theme)
    mouse, plain = place.mouse or settings.mouse, why_plain(os.environ, profile, place.plain, settings.plain)
    return Appearance(profile, settings, preferences, place.theme, theme, reason, mouse, plain)


@click.command()
@click.option("--sample", type=click.Choice(SAMPLES), default=SAMPLES[0], show_default=True, help="The sample to open.")
@click.option(
    "--into", "folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the store in this folder."
)
@click.option(
    "--server", "with_server", is_flag=True, help="Also start kconsole's own test server, to read and change."
)
@click.option("--fleet", "as_fleet", is_flag=True, help="Open all samples, as the stores of three servers.")
@at_store
@on_screen
def demo(place: CliContext, sample: str, folder: Path | None, with_server: bool, as_fleet: bool) -> None:
    """Open the console on a copy of sample data.

    The copy is deleted when the console ends, unless --into names a folder for it. --server also starts a test
    server with the same accounts. It imitates Kerio Connect, and comes with the source code only. --fleet shows the
    stores of several servers on one screen.
    """
    look, operator = look_of(place), system_operator(place.claimed)
    if as_fleet:
        if with_server or folder is not None:
            raise click.UsageError("Use --fleet alone.")
        need_terminal(look)
        _demo_fleet(place, look)
    elif with_server:
        if folder is not None:
            raise click.UsageError("--server works on a temporary copy. Use it without --into.")
        need_terminal(look)
        _demo_with_server(place, sample, look)
    elif folder is not None:
        if place.read_only:
            raise ReadOnly("read-only-makes-no-store", "demo-without-into")
        sample_session(sample, folder, operator, with_past=True).close()
        say(f"Created a store of sample data in {folder}. Open it again with 'kconsole --store {folder}'.")
        if has_terminal(look):
            with ending_in_order() as start:
                session = Session.open(folder, operator, patience=PATIENCE)
                show(start, session, f"sample '{sample}' in {folder}", look)
    else:
        need_terminal(look)
        with ending_in_order() as start, temporary_folder() as temporary:
            show(
                start,
                sample_session(sample, temporary / "store", operator, with_past=True),
                f"sample '{sample}'",
                look,
            )


def _demo_fleet(place: CliContext, look: Appearance) -> None:
    with ending_in_order() as start, temporary_folder() as folder:
        for name in SAMPLES:
            sample_session(name, folder / name, system_operator(place.claimed), with_past=True).close()
        contexts = [each._replace(store=str(folder / each.name)) for each in DEMO_FLEET]
        show(start, stores_of(place, contexts, _deadline(look)), "", look)


def _demo_with_server(place: CliContext, sample: str, look: Appearance) -> None:
    starter = find_test_server()
    with ending_in_order() as start, temporary_folder() as folder, starter.demo_server(sample) as server:
        session = sample_session(sample, folder / "store", system_operator(place.claimed), with_past=True)
        try:
            server.fill(session)
            session.offline = place.offline
        except BaseException:
            session.close()
            raise
        show(start, session, f"sample '{sample}', with a test server", look, server.secret)


def find_test_server(source: Path = SOURCE) -> ModuleType:
    """The module that starts the test server, by its path in the checkout: the package does not import tests.

    Raises:
        NotFound: kconsole does not run from a checkout.
    """
    file = source / "tests" / "kerio_server" / "beside.py"
    spec = spec_from_file_location("kconsole_test_server", file) if file.is_file() else None
    if spec is None or spec.loader is None:
        raise NotFound("demo-server-needs-source", "run-from-source")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_console(place: CliContext) -> None:
    """Open the console on the store."""
    look = look_of(place)
    need_terminal(look)
    place = replace(place, patience=min(place.patience, PATIENCE))
    is_named = place.location is not None or place.context_name or place.operator_name
    contexts = [] if is_named else several(look.settings)
    with ending_in_order() as start:
        if contexts:
            show(start, stores_of(place, contexts, _deadline(look)), "", look)
        elif takes_long(place.store):
            opening = partial(place.open, False)
            show(start, opening, "", look, context=place.choice.context)
        else:
            show(start, place.open(notices=False), "", look, context=place.choice.context)


def _deadline(look: Appearance) -> float:
    return PLAIN_DEADLINE if look.plain else DEADLINE


def stores_of(place: CliContext, contexts: Sequence[Context], deadline: float = DEADLINE) -> Stores:
    """The stores of contexts, as they are read and opened with the options of the command line.

    They are read from now on, in a process of its own; one that shows no progress within the deadline does not answer.
    """
    reading = partial(_opened, place, True)
    return Stores(
        contexts,
        reading,
        lambda context, progress: _opened(place, place.read_only or context.read_only, context.location, progress),
        system_operator(place.claimed).shown,
        FleetProcess(contexts, reading, deadline),
    )


def _opened(place: CliContext, read_only: bool, location: Location, progress: Progress) -> Session:
    return replace(place, location=location, context_name="", read_only=read_only).open(False, progress)


def has_terminal(look: Appearance) -> bool:
    """Whether there is a terminal for the console; the plain one asks for no more than lines."""
    return has_person() and (bool(look.plain) or (look.profile.is_drawable and sys.stderr.isatty()))


def need_terminal(look: Appearance) -> None:
    """Refuse a terminal that the console cannot be used in."""
    if not has_terminal(look):
        profile = look.profile
        hint = "ask-ssh-for-terminal" if profile.over_ssh and not has_person() else "use-command-line"
        if look.plain not in ("", cannot_draw_words(profile)):
            raise BadInput("plain-needs-terminal", hint)
        raise BadInput("needs-terminal", hint, reason="" if profile.is_drawable else profile.reasons["is_drawable"])


class KeyOfCommand(NamedTuple):
    """A command that the configuration file can give other keys."""

    name: str
    keys: str
    """Its own keys, separated by commas."""
    help: str


def command_keys() -> list[KeyOfCommand]:
    """All commands of the console with their own keys, those of a screen after those of another."""
    from kconsole.tui.keymap import commands_by_screen

    commands = dict.fromkeys(command for commands in commands_by_screen().values() for command in commands)
    return [KeyOfCommand(each.name, each.keys, each.help_text()) for each in commands]


def keys_in_effect(settings: Settings) -> tuple[dict[str, str], tuple[str, ...]]:
    """The keys of a configuration file that commands have instead of their own, and what is wrong with the others."""
    if not settings.keys:
        return {}, ()
    from kconsole.tui.keymap import Keymap

    keymap = Keymap(settings.keys, settings.key_places)
    return keymap.changed, keymap.problems


class Start:
    """The start of a console, which a signal may end.

    The handler raises, but Python drops what is raised inside a weakref callback, and an import runs many of those.
    So the signal is also remembered, and `show` looks for it before the console takes the signals over.
    """

    def __init__(self) -> None:
        self._ended_by = 0

    def end(self, number: int, _: FrameType | None) -> None:
        """Handle a signal. A second one does not disturb the clean-up after the first."""
        if not self._ended_by:
            self._ended_by = number
            self.check()

    def check(self) -> None:
        """Go on, unless a signal has ended the start.

        Raises:
            click.exceptions.Exit: it has.
        """
        if self._ended_by:
            raise click.exceptions.Exit(SIGNALLED + self._ended_by)


@contextmanager
def ending_in_order() -> Iterator[Start]:
    """Let the signals that end a program close what is open and remove what is temporary."""
    start = Start()
    with handled_by(start.end):
        yield start


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed afterwards. No signal ends the program before the removal is arranged."""
    from tempfile import TemporaryDirectory

    with ExitStack() as stack:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            folder = stack.enter_context(TemporaryDirectory(prefix="kconsole-demo-"))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield Path(folder)


def _ignore_signals() -> None:
    """Let the program clean up undisturbed: from here on it ends anyway."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def show(
    start: Start,
    session: Session | Callable[[Progress], Session] | Stores,
    title: str,
    look: Appearance,
    secret: "Secret | None" = None,
    context: Context | None = None,
) -> None:
    """Show a session on the screen until the user leaves, or a signal or a failure ends it.

    Args:
        start: the start of the console, which a signal may have ended.
        session: what to show, or a function that opens it, if that takes long; or several stores.
        title: what the header says about it.
        look: how it looks.
        secret: the password to the session's live server, if it is known already.
        context: the name of the store, with how to show it.

    Raises:
        ConsoleError: it could not be opened.
        click.exceptions.Exit: a signal or failure ended it; with the exit code.
    """
    if look.plain:
        from kconsole.cli.plain import show_plain

        start.check()
        show_plain(session, title, look.plain, look.settings, look.preferences, secret, context)
        return
    from kconsole.tui.app import KConsoleApp

    signals = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    app = KConsoleApp(
        session,
        title,
        signals=signals,
        profile=look.profile,
        settings=look.settings,
        preferences=look.preferences,
        theme=look.asked_theme,
        server_secret=secret,
        context=context,
    )
    held_back = signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # until the app handles them itself
    try:
        start.check()
        app.run(mouse=look.mouse)
    finally:
        _ignore_signals()
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)
        if app.session is not None:
            app.session.close()
    if isinstance(app.failure, ConsoleError):
        raise app.failure
    if app.failure is not None:
        _say_failure(app.failure)
    if app.ended_by:
        raise click.exceptions.Exit(SIGNALLED + app.ended_by)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)


def _say_failure(error: Exception) -> None:
    if os.environ.get(DEBUG_VARIABLE):
        from traceback import format_exception

        for line in "".join(format_exception(error)).splitlines():
            say(line)
    say(
        f"kconsole: The console failed ({type(error).__name__}). All changes are saved: start it again. "
        f"Set {DEBUG_VARIABLE}=1 to see the whole error."
    )
