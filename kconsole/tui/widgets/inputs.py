"""Lines to fill in: a text, a password, a choice."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Input

from kconsole.net.secrets import Secret
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.painting import Painted, Part, fitted

HINT: Final = "space: another"
"""Stands behind a choice while it can be changed."""


class TextLine(Input):
    """One line that shows only safe text. Its cursor does not blink: that alone would keep a slow line busy."""

    def __init__(self, value: str = "", placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    @property
    def cursor_screen_offset(self) -> Offset:
        """The place of the cursor on the screen. Textual's own is one cell too far at the end of the line."""
        x, y = self.content_region.offset
        return Offset(x + self.cells_before_cursor - self.scroll_offset.x, y)

    @property
    def cells_before_cursor(self) -> int:
        """The cells that the text before the cursor takes."""
        return cell_len(self.value[: self.cursor_position])

    def validate_value(self, value: str) -> str:
        return safe_text(value)


class PasswordLine(TextLine):
    """A line for a password: it shows dots, gives its text once, and copies nothing."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.password = True

    @property
    def cells_before_cursor(self) -> int:
        return self.cursor_position  # a dot for each character, whatever its width

    def validate_value(self, value: str) -> str:
        """Keep every character: none of them is shown."""
        return value

    def taken(self) -> Secret:
        """The password. The line is empty afterwards."""
        secret = Secret(self.value)
        self.value = ""
        return secret

    def action_copy(self) -> None:
        """Copy nothing."""

    def action_cut(self) -> None:
        """Cut nothing."""


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

        def __init__(self, line: "ChoiceLine") -> None:
            super().__init__()
            self.line = line

        @property
        def control(self) -> "ChoiceLine":
            """The line, for selectors."""
            return self.line

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._choices = choices
        self._place = next(place for place, choice in enumerate(choices) if choice[0] == value)

    @property
    def value(self) -> str:
        """The chosen value."""
        return self._choices[self._place][0]

    def action_turn(self, by: int) -> None:
        """Choose the next value, or the one before."""
        self._place = (self._place + by) % len(self._choices)
        self.refresh()
        self.post_message(self.Changed(self))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def paint(self, y: int, width: int) -> Iterable[Part]:
        del y
        text = self._choices[self._place][1]
        if self.has_focus:
            yield text, "strong"
            yield fitted(f"   {HINT}", width - cell_len(text)), "muted"
        else:
            yield fitted(text, width), ""
