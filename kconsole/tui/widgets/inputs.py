"""Lines to fill in: a text, a password, a choice, a filter."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Key, Paste
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from kconsole.core.codes import Message as ProblemMessage
from kconsole.net.secrets import Secret
from kconsole.operations.search.filters import LONGEST_FILTER
from kconsole.text.safe_text import safe_text
from kconsole.tui.terminal.terminal_input import ERASING
from kconsole.tui.widgets.painting import Painted, Part, fitted

LONGEST_PART: Final = 24
"""Characters of a part of a filter that is named beside it."""

LONGEST_LINE: Final = 4096
"""Characters, as of a path. What does not fit is not taken: a part of it would be another text."""


class TextLine(Input):
    """One line that shows only safe text. Its cursor does not blink: that alone would keep a slow line busy."""

    def __init__(self, value: str = "", placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(
            value, placeholder=placeholder, id=id, compact=True, select_on_focus=False, max_length=LONGEST_LINE
        )
        self.cursor_blink = False
        self._first = self.value

    @property
    def is_typed(self) -> bool:
        """Whether it holds what someone typed."""
        return self.value.strip() not in ("", self._first)

    @property
    def cursor_screen_offset(self) -> Offset:
        """The place of the cursor on the screen. Textual's own is one cell too far at the end of the line."""
        x, y = self.content_region.offset
        return Offset(x + self.cells_before_cursor - self.scroll_offset.x, y)

    @property
    def cells_before_cursor(self) -> int:
        return cell_len(self.value[: self.cursor_position])

    def validate_value(self, value: str) -> str:
        return safe_text(value)

    class TooLong(Message):
        """What was typed or pasted does not fit, and was not taken; `text` says so."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def _on_paste(self, event: Paste) -> None:
        """Take a text; in a burst of keys, backspaces before it erase what is there."""
        event.stop()
        event.prevent_default()
        text = event.text.lstrip(ERASING)
        start, end = sorted(self.selection)
        start = max(start - (len(event.text) - len(text)), 0)
        line = next(iter(text.splitlines()), "")
        most = self.max_length or LONGEST_LINE
        if len(self.value) - (end - start) + len(line) > most:
            self.post_message(self.TooLong(f"Too long to paste: {most:,} characters at most."))
        else:
            self.replace(line, start, end)

    def restricted(self) -> None:
        super().restricted()
        self.post_message(self.TooLong(f"The line is full: {self.max_length or LONGEST_LINE:,} characters at most."))


class ReasonLine(TextLine):
    """A line for a reason; the arrow keys bring back those that were given before, the last one first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(1)", show=False),
        Binding("down", "recall(-1)", show=False),
    ]
    recent: Sequence[str] = ()
    _place = 0
    _typed = ""

    def action_recall(self, by: int) -> None:
        if self._place == 0:
            self._typed = self.value
        self._place = min(max(self._place + by, 0), len(self.recent))
        self.value = self.recent[self._place - 1] if self._place else self._typed
        self.cursor_position = len(self.value)


class NumberLine(TextLine):
    """A line for a number. Other letters are keys of the dialog around it."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        del key
        return character is not None and (character.isdecimal() or character == ",")

    async def _on_key(self, event: Key) -> None:
        if not self.check_consume_key(event.key, event.character):
            event.prevent_default()


class FormRow(Horizontal):
    """A line to fill in with its label."""

    DEFAULT_CSS = """
    FormRow { height: 1; }
    FormRow Static { width: 12; color: $text-muted; }
    FormRow Input, FormRow ChoiceLine { width: 1fr; }
    """

    def __init__(self, label: str, line: Widget) -> None:
        super().__init__(Static(Content(label)), line)


class PasswordLine(TextLine):
    """A line for a password: it shows dots, gives its text once, and copies nothing."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.password = True

    @property
    def cells_before_cursor(self) -> int:
        return self.cursor_position  # a dot for each character, whatever its width

    def validate_value(self, value: str) -> str:
        return value  # none of it is shown

    def taken(self) -> Secret:
        """The password. The line is empty afterwards."""
        secret = Secret(self.value)
        self.value = ""
        return secret

    def action_copy(self) -> None:
        pass

    def action_cut(self) -> None:
        pass


class ChoiceLine(Painted, can_focus=True):
    """One of a few values, changed by space and the arrow keys.

    Args:
        choices: each as its value and its words, which must be safe to show.
        value: the one that is chosen at first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right,l", "turn(1)", show=False),
        Binding("left,h", "turn(-1)", show=False),
    ]
    DEFAULT_CSS = "ChoiceLine { height: 1; background: $panel; }"

    class Changed(Message):
        """Another value is chosen."""

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._choices = choices
        self._place = next(place for place, choice in enumerate(choices) if choice[0] == value)

    @property
    def value(self) -> str:
        return self._choices[self._place][0]

    def action_turn(self, by: int) -> None:
        self._place = (self._place + by) % len(self._choices)
        self.refresh()
        self.post_message(self.Changed())

    def paint(self, y: int, width: int) -> Iterable[Part]:
        del y
        text = self._choices[self._place][1]
        if self.has_focus:
            yield text, "strong"
            yield fitted("   space: another", width - cell_len(text)), "muted"
        else:
            yield fitted(text, width), ""


class FilterBar(Horizontal):
    """The line to type a filter in. Its screen filters as the user types, and `down` goes to the list."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $panel; }
    FilterBar Label { color: $primary; text-style: bold; padding-left: 1; }
    FilterBar Input { width: 1fr; background: $panel; }
    FilterBar #filter-problem { display: none; color: $error; max-width: 50%; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "screen.keep_filter", show=False)]

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.line = TextLine(placeholder=placeholder, id="filter")
        self.line.max_length = LONGEST_FILTER

    def compose(self) -> ComposeResult:
        yield Label("/ ")
        yield self.line
        yield Label("", id="filter-problem")

    def show_problem(self, problem: ProblemMessage | None) -> None:
        """Name the part of the filter that is not valid."""
        part = "" if problem is None else safe_text(problem.params["part"], LONGEST_PART)
        label = self.query_one("#filter-problem", Label)
        label.update(Content(f"not valid: {part}".rstrip(" :")))
        label.display = problem is not None
