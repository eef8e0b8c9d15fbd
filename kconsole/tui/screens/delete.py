"""The dialog that deletes accounts: what becomes of the mailbox has to be chosen."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kconsole.core.records import MailboxFate
from kconsole.tui.screens.dialog import Question, QuestionDialog, plain
from kconsole.tui.widgets.text_line import TextLine


class Choice(NamedTuple):
    """What was chosen for the mailboxes."""

    fate: MailboxFate
    transfer_to: str = ""


FATES: tuple[tuple[MailboxFate, str, str], ...] = (
    ("keep", "l", "leave it: a new account of the same name gets it back"),
    ("transfer", "t", "transfer it to another account"),
    ("delete", "r", "remove it with all its mail"),
)
"""What can become of a mailbox, the key that chooses it, and what it means."""


class DeleteDialog(QuestionDialog[Choice]):
    """Asks whether to delete, and what becomes of the mailboxes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"choose('{fate}')", show=False) for fate, key, _ in FATES]

    def __init__(self, question: Question, has_mailbox: bool) -> None:
        super().__init__(question)
        self._has_mailbox = has_mailbox
        self._fate: MailboxFate = "keep"

    def choices(self) -> Iterable[Widget]:
        """What can become of the mailboxes, where there are any."""
        if not self._has_mailbox:
            return
        yield plain("Mailbox", "dialog-note -first")
        for fate, _, _ in FATES:
            yield Static(id=f"fate-{fate}")
        target = TextLine(placeholder="login@domain", id="target")
        target.display = False
        yield target

    def on_mount(self) -> None:
        """Show what is chosen."""
        self._show_choice()

    def action_choose(self, fate: MailboxFate) -> None:
        """Choose what becomes of the mailboxes."""
        if not self._has_mailbox:
            return
        self._fate = fate
        target = self.query_one("#target", Input)
        target.display = fate == "transfer"
        if fate == "transfer":
            target.focus()
        self._show_choice()
        self.tell_problem("")

    @on(Input.Submitted)
    def go_to_buttons(self) -> None:
        """From the address on to the buttons."""
        self.query_one("#cancel", Button).focus()

    def answer(self) -> Choice | None:
        """What was chosen, if it is clear who takes the mailboxes."""
        if self._fate != "transfer" or not self._has_mailbox:
            return Choice(self._fate)
        target = self.query_one("#target", Input)
        if target.value.strip():
            return Choice(self._fate, target.value.strip())
        self.tell_problem("Say which account takes the mailbox.")
        target.focus()
        return None

    def _show_choice(self) -> None:
        if not self._has_mailbox:
            return
        for fate, key, meaning in FATES:
            sign = "(●)" if fate == self._fate else "( )"
            self.query_one(f"#fate-{fate}", Static).update(Content(f"  {sign} {key}  {meaning}"))
