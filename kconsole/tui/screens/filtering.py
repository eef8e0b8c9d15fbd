"""A screen whose list is filtered by what is typed in a line below it."""

from typing import TYPE_CHECKING, ClassVar, Final

from textual.widget import Widget

from kconsole.core.codes import Message
from kconsole.tui.screens.framed import FramedScreen

if TYPE_CHECKING:
    from textual.events import DescendantFocus
    from textual.widgets import Input

    from kconsole.tui.widgets.inputs import FilterBar


FILTER_KEYS: Final = "enter keep it · esc clear it · down to the list"


class FilterScreen(FramedScreen):
    """Opens the line, filters at each letter, and closes it. The list stays filtered while the line is there."""

    filter_hint: ClassVar[str]
    """What can be typed."""
    filter_pane: ClassVar[str]
    """The selector of the pane that the line stands in."""
    filtered: ClassVar[type[Widget]]
    """The list in the pane."""
    filter_bar: "FilterBar | None" = None

    @property
    def filter_text(self) -> str:
        raise NotImplementedError

    def filter_by(self, text: str) -> None:
        raise NotImplementedError

    def filter_problem(self, text: str) -> Message | None:
        """What is wrong with a filter, which lists nothing then."""
        del text
        return None

    def on_descendant_focus(self, event: "DescendantFocus") -> None:
        """Show the keys of the line to type in while it has the focus."""
        is_typing = self.filter_bar is not None and event.widget is self.filter_bar.line
        self.key_line.instead = FILTER_KEYS if is_typing else ""

    async def action_filter(self) -> None:
        if self.filter_bar is None:
            from kconsole.tui.widgets.inputs import FilterBar

            self.filter_bar = FilterBar(self.filter_hint)
            await self.query_one(self.filter_pane).mount(self.filter_bar)
        if self.filter_bar is not None:  # else the operator sees other domains by now, and all began again
            self.set_focus(self.filter_bar.line)

    def close_filter(self) -> None:
        """Close the line, and list everything again."""
        self.query_one(self.filtered).focus()
        if self.filter_bar is not None:
            self.filter_bar.remove()
            self.filter_bar = None
        self.filter_by("")

    def on_input_changed(self, message: "Input.Changed") -> None:
        if self.filter_bar is not None and message.value != self.filter_text:
            self.filter_by(message.value)
            self.filter_bar.show_problem(self.filter_problem(message.value))

    def on_input_submitted(self) -> None:
        self.action_keep_filter()

    def action_keep_filter(self) -> None:
        """Leave the line, unless its filter is not valid."""
        if self.filter_problem(self.filter_text) is not None:
            return
        if self.filter_text.strip():
            self.query_one(self.filtered).focus()
        else:
            self.close_filter()
