"""The dialog that creates an account."""

from collections.abc import Callable, Iterable
from typing import Final

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from kconsole.operations.accounts import AddAccount
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.password_line import PasswordLine
from kconsole.tui.widgets.text_line import TextLine

Adding = Callable[[AddAccount, Callable[[], None], Callable[[str], None]], None]
"""Adds an account; calls the first when that is done, or tells the second why it is not."""

ONCE_MORE: Final = "type it once more: it was not kept"


class AddDialog(Dialog[None]):
    """Asks for an address and a name, and stays open until the account is created or the user leaves.

    With a live server it asks for a password, too. That is taken out of its line when the account is asked for.

    Args:
        domain: where the account most likely belongs to.
        seats: what it costs; safe to show.
        add: adds it.
        server: the name of the live server that the store follows; empty if it follows none. Safe to show.
    """

    AUTO_FOCUS = "#address"
    heading = "Add an account"
    keys = "enter next, then add · esc cancel"

    def __init__(self, domain: str, seats: str, add: Adding, server: str = "") -> None:
        super().__init__()
        self._domain, self._seats, self._add, self._server = domain, seats, add, server

    def body(self) -> Iterable[Widget]:
        """The fields, and what it costs."""
        yield plain("Address", "dialog-note")
        yield TextLine(f"@{self._domain}" if self._domain else "", id="address")
        yield plain("Full name", "dialog-note -first")
        yield TextLine(id="full-name")
        if self._server:
            yield plain("Password: what the user logs in with; if empty, nobody can yet", "dialog-note -first")
            yield PasswordLine(id="new-password")
            yield plain(f"It goes to {self._server}, and is kept nowhere else.", "dialog-note")
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
    def go_to_password(self) -> None:
        """From the name on to the password, where there is one."""
        if self._server:
            self.query_one("#new-password", PasswordLine).focus()
        else:
            self.submit()

    @on(Input.Submitted, "#new-password")
    def submit(self) -> None:
        """Create the account, or say why not."""
        address, full_name = self.query_one("#address", Input).value, self.query_one("#full-name", Input).value
        password = self.query_one("#new-password", PasswordLine).taken() if self._server else None
        was_given = bool(password)
        self.tell_problem("")

        def failed(text: str) -> None:
            self.tell_problem(text)
            if was_given:
                self.query_one("#new-password", PasswordLine).placeholder = ONCE_MORE
            self.query_one("#address", Input).focus()

        operation = AddAccount(address, full_name, password=password or None)
        self._add(operation, self.close, failed)

    def close(self) -> None:
        """Go: it is done."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Leave, and forget what was typed."""
        if self._server:
            self.query_one("#new-password", PasswordLine).taken()
        self.dismiss(None)

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Create the account, or leave."""
        if event.button.id == "confirm":
            self.submit()
        else:
            self.action_leave()
