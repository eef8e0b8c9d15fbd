"""The dialog that creates an account."""

from collections.abc import Callable, Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from kconsole.display.safe_text import safe_text
from kconsole.model.errors import ConsoleError
from kconsole.operations.accounts import AddAccount
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.text_line import TextLine


class AddDialog(Dialog[None]):
    """Asks for an address and a name, and stays open until the account is created or the user leaves."""

    AUTO_FOCUS = "#address"
    heading = "Add an account"
    keys = "enter next, then add · esc cancel"

    def __init__(self, domain: str, seats: str, add: Callable[[AddAccount], None]) -> None:
        super().__init__()
        self._domain, self._seats, self._add = domain, seats, add

    def body(self) -> Iterable[Widget]:
        """The fields, and what it costs."""
        yield plain("Address", "dialog-note")
        yield TextLine(f"@{self._domain}" if self._domain else "", id="address")
        yield plain("Full name", "dialog-note -first")
        yield TextLine(id="full-name")
        yield plain(self._seats, "dialog-note -first")

    def buttons(self) -> Iterable[Button]:
        """Cancel, and add."""
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Add", id="confirm", compact=True)

    def on_mount(self) -> None:
        """Put the text cursor before the domain."""
        self.query_one("#address", Input).cursor_position = 0

    @on(Input.Submitted, "#address")
    def go_to_name(self) -> None:
        """From the address on to the name."""
        self.query_one("#full-name", Input).focus()

    @on(Input.Submitted, "#full-name")
    def submit(self) -> None:
        """Create the account, or say why not."""
        deed = AddAccount(self.query_one("#address", Input).value, self.query_one("#full-name", Input).value)
        try:
            self._add(deed)
        except ConsoleError as error:
            self.tell_problem(safe_text(f"{error.message} {error.hint}"))
            self.query_one("#address", Input).focus()
        else:
            self.dismiss(None)

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Create the account, or leave."""
        if event.button.id == "confirm":
            self.submit()
        else:
            self.dismiss(None)
