"""A line to type a password in."""

from textual.geometry import Offset

from kconsole.net.secrets import Secret
from kconsole.tui.widgets.text_line import TextLine


class PasswordLine(TextLine):
    """A line for a password: dots are shown, it is taken once, and it can be copied nowhere."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.password = True

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where on the screen the next dot will stand: one for each character, whatever its width."""
        x, y = self.content_region.offset
        return Offset(x + self.cursor_position - self.scroll_offset.x, y)

    def validate_value(self, value: str) -> str:
        """Leave it as it is: none of it is shown, and all of it counts."""
        return value

    def taken(self) -> Secret:
        """What was typed; the line is empty afterwards."""
        secret = Secret(self.value)
        self.value = ""
        return secret

    def action_copy(self) -> None:
        """Copy nothing."""

    def action_cut(self) -> None:
        """Cut nothing."""
