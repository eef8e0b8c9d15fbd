"""The application: it wires a session to the main screen."""

import asyncio
import gc
import os
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.css.query import NoMatches
from textual.events import Event, Key, MouseEvent, Paste
from textual.filter import LineFilter, Monochrome, NoColor
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from kconsole.core.errors import ConsoleError
from kconsole.operations.appearance import THEMES
from kconsole.operations.confinement import is_confined
from kconsole.operations.contexts import Context
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.preferences import Preferences
from kconsole.operations.session import Session
from kconsole.operations.settings import Settings
from kconsole.text.csv_writer import STYLES
from kconsole.text.messages import Voice, error_words, words_of
from kconsole.text.safe_text import safe_text
from kconsole.text.terminals import TerminalProfile, first_theme
from kconsole.tui.keymap import Keymap
from kconsole.tui.screens.main import MainScreen
from kconsole.tui.style_sheet import ParsedOnce
from kconsole.tui.styles import DIMMED, Palette, palette_of
from kconsole.tui.terminal.buffered_app import BufferedApp, InAscii, choose_scroll_bars
from kconsole.tui.terminal.driver import TerminalDriver
from kconsole.tui.terminal.keystrokes import Keystrokes
from kconsole.tui.themes import themes_for

if TYPE_CHECKING:
    from textual.driver import Driver

    from kconsole.net.secrets import Secret
    from kconsole.tui.screens import fleet
    from kconsole.tui.screens.opening import Opening, OpeningScreen

TICK: Final = 0.5
"""Seconds between two looks at what other processes did, and at whether the terminal is still there."""

_NO_SETTINGS: Final = Settings()
_ANY_TERMINAL: Final = TerminalProfile()


class KConsoleApp(BufferedApp):
    """The console on one session.

    A function in place of the session opens it while a screen shows the progress. Several stores are shown together
    first, and opened one at a time. The signals end the console in good
    order. Preferences of None are kept for this run only.
    """

    TITLE = "kconsole"
    CSS_PATH = "css/main.tcss"
    ENABLE_COMMAND_PALETTE = False  # our own command opens it, by whatever key it has
    BINDINGS: ClassVar = [Binding("ctrl+z", "suspend_process", show=False)]
    theme = Reactive(THEMES[0])

    def __init__(
        self,
        session: "Session | Opening | Stores",
        title: str = "",
        host: str = "",
        signals: Iterable[signal.Signals] = (),
        *,
        profile: TerminalProfile = _ANY_TERMINAL,
        settings: Settings = _NO_SETTINGS,
        preferences: Preferences | None = None,
        theme: str = "",
        server_secret: "Secret | None" = None,
        context: Context | None = None,
    ) -> None:
        self.profile = profile
        self.preferences = Preferences() if preferences is None else preferences
        self.csv_style = STYLES[settings.csv_style]
        self.context = context
        self.keys = Keymap(settings.keys, settings.key_places)
        self.problems = [
            *(safe_text(words_of(problem, Voice(self.keys.by_name()))) for problem in settings.problems),
            *self.keys.problems,
        ]
        """What is wrong with the user's configuration. Safe to show."""
        self._themes = themes_for(profile)
        self._palette: tuple[str, Palette] | None = None
        self.keystrokes = Keystrokes(self, super().on_event)
        # Before anything is styled: Textual decides once how it treats the terminal's own colours.
        self.set_reactive(KConsoleApp.theme, first_theme(profile, theme, self.preferences.theme, settings.theme)[0])
        super().__init__()
        self.stylesheet = ParsedOnce(variables=self.stylesheet._variables)
        is_dark = self.current_theme.dark
        for name, is_set in ((f"-theme-{self.theme}", True), ("-dark-mode", is_dark), ("-light-mode", not is_dark)):
            self.set_class(is_set, name)  # as Textual does when a theme is changed
        self.animation_level = "none"
        self.no_color = profile.colours == "none"
        self._last_filters = ((NoColor(),) if self.no_color else ()) + ((InAscii(),) if profile.ascii_only else ())
        choose_scroll_bars(profile.ascii_only)
        if self.keys.changed:
            self.set_keymap(self.keys.changed)
        self.session: Session | None = session if isinstance(session, Session) else None
        """What is shown and changed; None while it is opened."""
        self._title, self._host = title, host or os.uname().nodename
        self._main: MainScreen | None = None
        self._first: Screen[None]
        self._fleet: fleet.FleetScreen | None = None  # the first screen, where there are several stores
        if isinstance(session, Stores):
            self._stores = session
            from kconsole.tui.screens.fleet import FleetScreen

            self._first = self._fleet = FleetScreen(session)
        elif isinstance(session, Session):
            self._first = self._main = MainScreen(session, title, self._host, server_secret)
        else:
            from kconsole.tui.screens.opening import OpeningScreen

            self._first = OpeningScreen(session, title)
        self._signals = tuple(signals)
        self.ended_by = 0
        """The signal that ends the console."""
        self.failure: Exception | None = None  # what ended the screen

    # Looks

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Our own; Textual's are not checked for contrast and for few colours."""
        return self._themes

    def choose_theme(self, name: str) -> str:
        """Show another theme, keep the choice, and say which it is, or why there is no other."""
        if self.no_color:
            return "This terminal has no colours: there is one theme only."
        self.theme = name
        try:
            self.preferences.choose_theme(name)
        except ConsoleError as error:
            return safe_text(f"Theme: {name}. {error_words(error, Voice(self.keys.by_name()))}")
        return f"Theme: {name}"

    def next_theme(self) -> str:
        return self.choose_theme(THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)])

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual obeys a NO_COLOR that is set but empty, and shows greys where a theme has its own colours.
        filters = [each for each in super().get_line_filters() if not isinstance(each, NoColor | Monochrome)]
        return [*filters, *self._last_filters]

    @property
    def palette(self) -> Palette:
        """The styles of painted parts."""
        if self._palette is None or self._palette[0] != self.theme:
            dims = self.profile.colours in DIMMED
            self._palette = (self.theme, palette_of(self.theme_variables, self.native_ansi_color, dims))
        return self._palette[1]

    # Beginning and ending

    def get_driver_class(self) -> "type[Driver]":
        return super().get_driver_class() if "TEXTUAL_DRIVER" in os.environ else TerminalDriver

    def action_suspend_process(self) -> None:
        """Leave the console for the shell that it was started from; under a forced command there is none."""
        if not is_confined():
            super().action_suspend_process()

    def on_load(self) -> None:
        """End in good order on a signal. The caller may have blocked the signals until now."""
        for number in self._signals:
            asyncio.get_running_loop().add_signal_handler(number, self._end_by, number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)

    def _end_by(self, number: signal.Signals) -> None:
        self.ended_by = number
        self.exit()

    def on_ready(self) -> None:
        self._complete(self._main)
        self.set_interval(TICK, self._tick)

    async def on_opening_screen_ended(self, message: "OpeningScreen.Ended") -> None:
        if self.screen is not message.screen:  # it was left while the message was on its way
            if isinstance(message.result, Session):
                message.result.close()
            return
        if isinstance(message.result, Exception):
            if self._fleet is not None and isinstance(message.result, ConsoleError):
                context = self.context
                self._show_fleet().tell_error(context, message.result)
                return
            self.failure = message.result
            self.exit(return_code=1)
            return
        self.session = message.result
        self._main = MainScreen(self.session, self._title, self._host)
        if self._fleet is not None:
            await self.switch_screen(self._main)
        else:
            await self.push_screen(self._main)
        self.call_after_refresh(self._complete, self._main)

    def on_fleet_screen_chosen(self, message: "fleet.FleetScreen.Chosen") -> None:
        from kconsole.tui.screens.opening import OpeningScreen

        if self.screen is self._fleet:
            self.context = message.context
            opening = partial(self._stores.opening, message.context)
            self.push_screen(OpeningScreen(opening, message.context.name, leads_back=True), self._opening_left)

    def _opening_left(self, _: None) -> None:
        self.context = None

    def leave_store(self) -> None:
        """Close the store, and show all stores again; where there is one only, stay."""
        main, session = self._main, self.session
        if self._fleet is None or main is None or session is None:
            return
        from kconsole.tui.screens.quit import what_is_lost

        if any(what_is_lost(main)):
            main.tell("Work in the background is not finished.")
            return
        self._main = self.session = None
        name = "" if self.context is None else self.context.name
        self._show_fleet().fleet.read_again(name)
        session.close()

    def _show_fleet(self) -> "fleet.FleetScreen":
        assert self._fleet is not None  # noqa: S101  # asked before
        while self.screen is not self._fleet:
            self.pop_screen()
        self.context = None
        return self._fleet

    def _complete(self, main: MainScreen | None) -> None:
        """Mount what the first picture with accounts did not wait for.

        Garbage is collected again, but not what the start has made: it stays as long as the program runs.
        """
        if main is not None and self._main is main:  # else it was left already
            gc.freeze()
            gc.enable()
            if self._fleet is not None:
                main.tell(f"{main.key_of('back')} leads back to all stores.")
            main.complete()
            loop = asyncio.get_running_loop()

            def heard() -> None:
                with suppress(RuntimeError):  # the console has ended meanwhile
                    loop.call_soon_threadsafe(self._tick)

            main.session.store.follow(heard)

    def _tick(self) -> None:
        """Check that the terminal is still there, then show what other processes did. Without news, nothing is written.

        A terminal can disappear without a signal: under nohup, or where SIGHUP is not delivered.
        """
        if not self.is_running:  # it is ending, and its widgets may be gone already
            return
        if getattr(self._driver, "is_gone", False):
            self._end_by(signal.SIGHUP)
        elif self._main is not None:
            self._main.tick()

    def panic(self, *renderables: object) -> None:
        """End after a failure. What is rendered here is not shown: it may hold text from outside."""
        del renderables
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            error = error.error if isinstance(error.error, Exception) else error
        # a screen that was just being built, or work that ends only now, finds its widgets gone
        if self.ended_by or (self._exit and isinstance(error, NoMatches)):
            self._close_messages_no_wait()
            return
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self.panic()

    def follow_scope(self) -> bool:
        """Show what the operator may see now, and return whether that is something else than before."""
        return self._main is not None and self._main.follow_scope()

    # Keys

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self.keystrokes.take(event)
        elif not (self.keystrokes.is_held and isinstance(event, MouseEvent)):
            await super().on_event(event)

    async def action_quit(self) -> None:
        """Quit from any screen, for ctrl+q."""
        if self._main is None:
            self.exit()
        else:
            self._main.action_quit()

    def action_help_quit(self) -> None:
        """Do what `q` does on a screen, for ctrl+c: one step back, or quit; a dialog is left without an answer."""
        screen = self.screen
        if screen is self._fleet:
            self.exit()
        elif screen is self._main and self._main is not None:
            self._main.action_quit()
        elif (leave := getattr(screen, "action_leave", None) or getattr(screen, "action_back", None)) is not None:
            leave()

    def get_default_screen(self) -> Screen[None]:
        return self._first
