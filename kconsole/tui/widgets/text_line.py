"""A line to type in."""

from rich.cells import cell_len
from textual.geometry import Offset
from textual.widgets import Input

from kconsole.text.safe_text import safe_text


class TextLine(Input):
    """One line that shows only safe text. Its cursor does not blink: that alone would keep a slow line busy."""

    def __init__(self, value: str = "", placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where on the screen the next letter will stand. Textual says one cell more at the end of the line."""
        x, y = self.content_region.offset
        return Offset(x + cell_len(self.value[: self.cursor_position]) - self.scroll_offset.x, y)

    def validate_value(self, value: str) -> str:
        """Make what was pasted harmless before it is shown."""
        return safe_text(value)
