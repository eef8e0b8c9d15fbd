"""The dialog that deletes accounts, and asks what happens to their mailboxes."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kconsole.core.records import MailboxFate
from kconsole.tui.screens.dialog import Question, QuestionDialog, plain
from kconsole.tui.widgets.inputs import TextLine


class Choice(NamedTuple):
    """What happens to the mailboxes."""

    fate: MailboxFate
    transfer_to: str = ""


FATES: tuple[tuple[MailboxFate, str, str], ...] = (
    ("keep", "l", "leave it: a new account of the same name gets it back"),
    ("transfer", "t", "transfer it to another account"),
    ("delete", "r", "remove it with all its mail"),
)
"""What can happen to a mailbox, the key that chooses it, and what it means."""


class DeleteDialog(QuestionDialog[Choice]):
    """Asks whether to delete accounts, and what happens to their mailboxes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"choose('{fate}')", show=False) for fate, key, _ in FATES]

    def __init__(self, question: Question, has_mailbox: bool) -> None:
        super().__init__(question)
        self._has_mailbox = has_mailbox
        self._fate: MailboxFate = "keep"

    def choices(self) -> Iterable[Widget]:
        if not self._has_mailbox:
            return
        yield plain("Mailbox", "dialog-note -first")
        yield from (Static(id=f"fate-{fate}") for fate, _, _ in FATES)
        target = TextLine(placeholder="login@domain", id="target")
        target.display = False
        yield target

    def on_mount(self) -> None:
        self.action_choose(self._fate)

    def action_choose(self, fate: MailboxFate) -> None:
        if not self._has_mailbox:
            return
        self._fate = fate
        target = self.query_one("#target", Input)
        target.display = fate == "transfer"
        if fate == "transfer":
            target.focus()
        for each, key, meaning in FATES:
            sign = "(●)" if fate == each else "( )"
            self.query_one(f"#fate-{each}", Static).update(Content(f"  {sign} {key}  {meaning}"))
        self.tell_problem("")

    @on(Input.Submitted)
    def go_to_buttons(self) -> None:
        self.query_one("#cancel", Button).focus()

    def answer(self) -> Choice | None:
        if self._fate != "transfer" or not self._has_mailbox:
            return Choice(self._fate)
        target = self.query_one("#target", Input)
        if target.value.strip():
            return Choice(self._fate, target.value.strip())
        self.tell_problem("Type the account that takes the mailbox.")
        target.focus()
        return None
