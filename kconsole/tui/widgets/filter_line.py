"""The line to type a filter in."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from kconsole.tui.widgets.inputs import TextLine


class FilterBar(Horizontal):
    """Filters as you type; Enter and the arrow down go to the list, Escape closes it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; background: $panel; }
    FilterBar Label { color: $primary; text-style: bold; padding-left: 1; }
    FilterBar Input { width: 1fr; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "keep", show=False)]

    def __init__(self, changed: Callable[[str], None], kept: Callable[[], None], placeholder: str) -> None:
        super().__init__()
        self._changed, self._kept = changed, kept
        self.line = TextLine(placeholder=placeholder, id="filter")

    def compose(self) -> ComposeResult:
        yield Label("/ ")
        yield self.line

    def action_keep(self) -> None:
        """Go to the list."""
        self._kept()

    @on(Input.Changed)
    def pass_change(self, message: Input.Changed) -> None:
        """Pass on the text typed so far."""
        message.stop()
        self._changed(message.value)

    @on(Input.Submitted)
    def pass_kept(self, message: Input.Submitted) -> None:
        """Go to the list."""
        message.stop()
        self._kept()
