"""Finds commands by their names and meanings, and the help that explains them all."""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar, Final

from textual import getters, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kconsole.core.records import fold
from kconsole.tui.commands.base import AnyCommand, CommandTarget, console_of
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.column_list import Column, ColumnList
from kconsole.tui.widgets.inputs import TextLine
from kconsole.tui.widgets.labelled import LabelledText, Section, labelled_lines
from kconsole.tui.widgets.painting import Part, beside

Offer = tuple[AnyCommand, CommandTarget]
"""A command, and the screen or list that runs it."""

LINES: Final = 9
"""Lines of the list of commands."""

TWO_COLUMNS: Final = 100
"""Cells of the help from which on it has two columns."""

GAP: Final = 3

NOT_FOUND: Final = 9

NO_COMMAND: Final = (
    "Try another word, or see the help. Passwords, quotas, aliases and mail are set on the server;"
    " the command line has more, as backup and roles: 'kconsole --help'."
)

NO_KEY: Final = "No key is about these words. Enter searches the manual."


def found(offers: Iterable[Offer], query: str) -> list[Offer]:
    """The commands that each word of a query is a word of, or begins one: those that it names first, then by meaning.

    An `s` at the end of a word does not count: "users" finds what is said of a user.
    """
    asked = fold(query).split()
    begins = [(part, part[:-1] if part.endswith("s") and len(part) > 3 else part) for part in asked]

    def rank(command: AnyCommand) -> int:
        named = split(command.title)
        if all(part in named for part in asked):
            return 0
        texts = (command.title, f"{command.title} {command.name} {command.synonyms}", command.help_text())
        known: list[str] = []
        for place, text in enumerate(texts, 1):
            known += split(text)
            if all(any(word.startswith(part) for word in known) for part in begins):
                return place
        return NOT_FOUND

    def split(text: str) -> list[str]:
        return fold(text).replace(",", " ").replace(":", " ").split()

    ranked = [(rank(offer[0]), offer) for offer in offers]
    return [offer for place, offer in sorted(ranked, key=lambda each: each[0]) if place < NOT_FOUND]


class _CommandList(ColumnList[Offer]):
    signs: ClassVar[int] = 2
    empty_text = "No command is found by these words."

    def key(self, record: Offer) -> Hashable:
        return record[0].name

    def columns_at(self, width: int) -> Sequence[Column[Offer]]:
        del width
        keys = console_of(self).keys
        return (
            Column[Offer]("Command", 20, lambda offer, _: offer[0].title, share=1, gives_way=True),
            Column[Offer]("Key", 8, lambda offer, _: keys.first(offer[0]), right=True, style="name"),
        )


class _SearchDialog(Dialog[Offer]):
    """A line to type in, and what is found below it."""

    AUTO_FOCUS = "#query"

    def body(self) -> Iterable[Widget]:
        yield TextLine(placeholder="type to search", id="query")
        yield from self.below()

    def below(self) -> Iterable[Widget]:
        raise NotImplementedError

    def search(self, query: str) -> None:
        raise NotImplementedError

    @on(Input.Changed)
    def _search(self, message: Input.Changed) -> None:
        message.stop()
        self.search(message.value)


class PaletteDialog(_SearchDialog):
    """Asks for a command, which is found as its name or what it means is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", show=False, priority=True),
        *(Binding(key, f"move({rows})", show=False, priority=True) for key, rows in (("down", 1), ("up", -1))),
        Binding("pagedown", f"move({LINES})", show=False, priority=True),
        Binding("pageup", f"move({-LINES})", show=False, priority=True),
    ]
    heading = "Find a command"
    keys = "enter run · up down choose · esc close"
    offered = getters.query_one(_CommandList)

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = offers

    def below(self) -> Iterable[Widget]:
        commands = _CommandList("commands")
        commands.can_focus = False
        commands.styles.height = LINES
        commands.rows = self._offers
        yield commands
        yield plain("", "dialog-note -first -help")

    def on_mount(self) -> None:
        self.watch(self.offered, "cursor", self._explain)

    def search(self, query: str) -> None:
        self.offered.rows = found(self._offers, query)
        self.offered.rows_changed()
        self.offered.move_to(0)
        self._explain()

    def _explain(self) -> None:
        offer = self.offered.highlighted
        self.query_one(".-help", Static).update(Content(NO_COMMAND if offer is None else offer[0].help_text()))

    def action_move(self, rows: int) -> None:
        self.offered.move_by(rows)

    def action_run(self) -> None:
        if self.offered.highlighted is not None:
            self.dismiss(self.offered.highlighted)


class _HelpText(LabelledText):
    """Keys and what they do, in two columns where there is room."""

    def lines_at(self, width: int) -> list[list[Part]]:
        width -= 1  # beside the scroll bar
        if width < TWO_COLUMNS or len(self.sections) == 1:
            return labelled_lines(self.sections, width, 13, label_style="name")
        half = (width - GAP) // 2
        each = [labelled_lines([section], half, 13, label_style="name") for section in self.sections]
        columns: tuple[list[list[Part]], list[list[Part]]] = ([], [])
        for lines in each:
            column = columns[2 * len(columns[0]) >= sum(map(len, each))]
            column += ([[]] if column else []) + lines
        return beside(*columns, half + GAP)


class HelpDialog(_SearchDialog):
    """Shows keys and signs in sections, of which what is typed leaves what it fits; the topics are an enter away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "manual", show=False, priority=True),
        Binding("down", "scroll_by(1)", show=False, priority=True),
        Binding("up", "scroll_by(-1)", show=False, priority=True),
    ]
    keys = "type to search · enter manual · esc close"
    text = getters.query_one(_HelpText)

    def __init__(self, title: str, sections: Sequence[Section], topic: str) -> None:
        super().__init__(classes="-help")
        self.heading, self._sections, self._topic = title, tuple(sections), topic

    def below(self) -> Iterable[Widget]:
        yield _HelpText(13, self._sections)

    def action_manual(self) -> None:
        """Open the topics, those with the words that were typed."""
        from kconsole.tui.screens.manual import ManualScreen

        self.app.push_screen(ManualScreen(self._topic, self.query_one(Input).value.strip()))

    def search(self, query: str) -> None:
        asked = fold(query).split()
        kept = (
            (heading, [row for row in rows if all(word in fold(f"{heading} {row[0]} {row[1]}") for word in asked)])
            for heading, rows in self._sections
        )
        self.text.show([section for section in kept if section[1]] or [("", [("", NO_KEY)])])
        self.scrolling.scroll_home(animate=False)
