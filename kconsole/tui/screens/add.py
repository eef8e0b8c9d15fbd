"""The dialog that creates an account, and the one that says why none can be created."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from kconsole.operations.accounts import AddAccount
from kconsole.tui.screens.dialog import NewsDialog, plain
from kconsole.tui.screens.form import FormDialog
from kconsole.tui.widgets.inputs import PasswordLine, TextLine

Adding = Callable[[AddAccount, Callable[[], None], Callable[[str], None]], None]
"""Adds an account; calls the first function when it is added, or the second with the reason why it is not."""


class AddDialog(FormDialog[None]):
    """Asks for an address and a name, and stays open until the account is created or the user leaves.

    With a live server it asks for a password, too, and takes it out of its line when the user confirms.

    Args:
        domain: the domain that the account most likely belongs to.
        seats: what it costs; safe to show.
        add: adds it.
        server: the name of the live server, safe to show; empty without one.
    """

    AUTO_FOCUS = "#address"
    heading = "Add an account"
    keys = "enter next, then add · esc cancel"
    verb = "Add"

    def __init__(self, domain: str, seats: str, add: Adding, server: str = "") -> None:
        super().__init__()
        self._domain, self._seats, self._add, self._server = domain, seats, add, server

    def body(self) -> Iterable[Widget]:
        yield plain(self._seats, "dialog-note")
        yield plain("Address", "dialog-note -first")
        yield TextLine(f"@{self._domain}" if self._domain else "", id="address")
        yield plain("Full name", "dialog-note -first")
        yield TextLine(id="full-name")
        if self._server:
            yield plain("Password of the user; without one, the user cannot log in yet", "dialog-note -first")
            yield PasswordLine(id="new-password")
            yield plain(f"It goes to {self._server} only; kconsole does not keep it.", "dialog-note")

    def on_mount(self) -> None:
        self.query_one("#address", Input).cursor_position = 0

    def action_confirm(self) -> None:
        address, full_name = self.query_one("#address", Input).value, self.query_one("#full-name", Input).value
        password = self.query_one(PasswordLine).taken() if self._server else None
        was_given = bool(password)
        self.tell_problem("")

        def failed(text: str) -> None:
            self.tell_problem(text)
            if was_given:
                self.query_one(PasswordLine).placeholder = "type it again: it was not kept"
            self.query_one("#address", Input).focus()

        self._add(AddAccount(address, full_name, password=password or None), self.close, failed)

    def close(self) -> None:
        self.dismiss(None)

    def action_leave(self) -> None:
        if self._server:
            self.query_one(PasswordLine).taken()
        self.close()


class NoSeatDialog(NewsDialog[str]):
    """Says why no account can be added. A key leads to those that would free a seat, another to the form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "answer('f')", show=False),
        Binding("a", "answer('a')", show=False),
    ]

    def __init__(self, lines: Sequence[str], hint: str, has_form: bool) -> None:
        super().__init__("No seat is free", lines, hint, alarm=True)
        self._has_form = has_form
        self.keys = f"f find accounts to disable{' · a add again' if has_form else ''} · esc close"

    def action_answer(self, key: str) -> None:
        if key == "f" or self._has_form:
            self.dismiss(key)
