"""A whole screen: the header, what it shows, what happened, the keys; it tells, and helps. It knows no store."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from kconsole.text.messages import Voice
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import CommandTarget, command_named, console_of, voice_of
from kconsole.tui.commands.console import MOVEMENTS
from kconsole.tui.widgets.inputs import TextLine
from kconsole.tui.widgets.labelled import Section
from kconsole.tui.widgets.lines import HeaderLine, KeyLine, StatusLine


class FramedScreen(CommandTarget, Screen[None]):
    """A screen with lines above and below what it shows."""

    heading: ClassVar[str] = ""
    """What the header says that this is."""
    help_title: ClassVar[str] = "Help"
    topic: ClassVar[str] = "start"
    """The page of the manual about it, at which the list of topics opens."""
    signs: ClassVar[Sequence[tuple[str, str]]] = ()
    """The signs on it, and what they mean, for the help."""
    on_key_line: ClassVar[Sequence[str]] = ()
    """The names of the commands in the key line, the ones that may go first at the end."""

    header = getters.query_one(HeaderLine)
    status = getters.query_one(StatusLine)
    key_line = getters.query_one(KeyLine)

    def compose(self) -> ComposeResult:
        yield HeaderLine()
        yield from self.content()
        yield StatusLine()
        yield KeyLine()

    def content(self) -> Iterable[Widget]:
        """What stands between the header and the status line."""
        raise NotImplementedError

    def on_mount(self) -> None:
        if self.heading:
            self.header.left = self.heading

    def on_screen_suspend(self) -> None:
        """Show no keys that do not work while a dialog is open."""
        self.key_line.instead = getattr(self.app.screen, "keys", "") or self.key_line.instead

    def on_screen_resume(self) -> None:
        self.key_line.instead = ""

    # Commands that every screen has

    def action_help(self) -> None:
        from kconsole.tui.screens.palette import HelpDialog

        keys, groups = console_of(self).keys, dict[str, list[tuple[str, str]]]()
        allowed = (command for command in self.commands if self.forbids(command) is None)
        for command in (*allowed, *MOVEMENTS):
            groups.setdefault(command.group, []).append((" ".join(keys.shown(command)), command.help_text()))
        self.app.push_screen(HelpDialog(self.help_title, [*groups.items(), *self.help_sections()], self.topic))

    def help_sections(self) -> Iterable[Section]:
        """What the help says besides the keys."""
        if self.signs:
            yield "Signs", self.signs

    def action_palette(self) -> None:
        from kconsole.tui.screens.palette import Offer, PaletteDialog

        places: tuple[object, ...] = (self, self.focused)  # the screen, then the list with the focus
        targets = [place for place in places if isinstance(place, CommandTarget)]

        async def run(offer: Offer | None) -> None:
            if offer is not None:
                await offer[1].run_command(offer[0])

        offers = [(command, target) for target in targets for command in target.offered()]
        self.app.push_screen(PaletteDialog(offers), run)

    def action_theme(self) -> None:
        self.tell(console_of(self).next_theme())

    def action_redraw(self) -> None:
        console_of(self).redraw()

    def action_back(self) -> None:
        self.dismiss(None)

    # Telling

    @on(TextLine.TooLong)
    def tell_too_long(self, message: TextLine.TooLong) -> None:
        self.tell(message.text)

    def tell(self, text: str) -> None:
        """Say something in the status line. It must be safe to show."""
        self.status.left = text

    def tell_news(self, title: str, lines: Sequence[str], hint: str = "", alarm: bool = True) -> None:
        """Say something that has to be read. All texts must be safe to show."""
        from kconsole.tui.screens.dialog import NewsDialog

        self.app.push_screen(NewsDialog(title, lines, safe_text(hint), alarm))

    def key_to(self, name: str) -> str:
        """The key of a command that is offered now; empty for one that is not: it must not be advised."""
        return self.key_of(name) if command_named(self.commands, name) in self.offered() else ""

    @property
    def voice(self) -> Voice:
        return voice_of(self)

    def show_keys(self) -> None:
        """Show the keys that are of use now."""
        offered = {command.name: command for command in self.offered() if self.is_of_use(command)}
        self.key_line.shown = tuple(offered[name] for name in self.on_key_line if name in offered)
