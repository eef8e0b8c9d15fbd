"""A line of a form in which one of a few things is chosen."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from kconsole.tui.widgets.painting import Painted, Part, fitted

HINT: Final = "space: another"
"""What stands behind the choice while it can be changed."""


class ChoiceLine(Painted, can_focus=True):
    """One of a few things, changed by space and the arrow keys.

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
        """Another one is chosen."""

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
        """What is chosen."""
        return self._choices[self._place][0]

    def action_turn(self, by: int) -> None:
        """Choose the next one, or the one before."""
        self._place = (self._place + by) % len(self._choices)
        self.refresh()
        self.post_message(self.Changed(self))

    def on_focus(self) -> None:
        """Show that it can be changed."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that something else can be."""
        self.refresh()

    def paint(self, y: int, width: int) -> Iterable[Part]:
        """What is chosen, and how another one is."""
        del y
        text = self._choices[self._place][1]
        if self.has_focus:
            yield text, "strong"
            yield fitted(f"   {HINT}", width - cell_len(text)), "muted"
        else:
            yield fitted(text, width), ""
