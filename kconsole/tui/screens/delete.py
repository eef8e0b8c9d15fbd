"""The dialog that deletes accounts: what becomes of the mailbox has to be chosen."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kconsole.model.records import MailboxFate
from kconsole.tui.screens.dialog import Dialog, notes, plain
from kconsole.tui.widgets.text_line import TextLine


class Choice(NamedTuple):
    """What was chosen for the mailboxes."""

    fate: MailboxFate
    transfer_to: str


FATES: tuple[tuple[MailboxFate, str, str], ...] = (
    ("keep", "k", "keep it: a new account of the same name gets it back"),
    ("transfer", "t", "transfer it to another account"),
    ("delete", "r", "remove it with all its mail"),
)
"""What can become of a mailbox, the key that chooses it, and what it means."""


class DeleteDialog(Dialog[Choice]):
    """Asks whether to delete, and what becomes of the mailboxes. Cancel has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "Yes", show=False),
        Binding("n", "leave", "No", show=False),
        *(Binding(key, f"choose('{fate}')", show=False) for fate, key, _ in FATES),
    ]
    AUTO_FOCUS = "#cancel"
    keys = "y yes · n or esc no"

    def __init__(self, question: str, lines: Sequence[str], notes: Sequence[str], has_mailbox: bool) -> None:
        super().__init__()
        self._question, self._lines, self._notes, self._has_mailbox = question, lines, notes, has_mailbox
        self._fate: MailboxFate = "keep"

    @property
    def title_text(self) -> str:
        """The question."""
        return self._question

    def body(self) -> Iterable[Widget]:
        """What it is about, the choice, and what should be known."""
        for line in self._lines:
            yield plain(line, "dialog-subject")
        if self._has_mailbox:
            yield plain("Mailbox", "dialog-note -first")
            for fate, _, _ in FATES:
                yield Static(id=f"fate-{fate}")
            target = TextLine(placeholder="login@domain", id="target")
            target.display = False
            yield target
        yield from notes(self._notes)
        yield Static(id="problem", classes="dialog-problem")

    def buttons(self) -> Iterable[Button]:
        """Cancel, and delete."""
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Delete", id="confirm", compact=True)

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

    @on(Input.Submitted)
    def go_to_buttons(self) -> None:
        """From the address on to the buttons."""
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Delete, or leave."""
        if event.button.id == "confirm":
            self.action_confirm()
        else:
            self.action_leave()

    def action_confirm(self) -> None:
        """Delete, if it is clear what becomes of the mailboxes."""
        target = self.query_one("#target", Input).value.strip() if self._has_mailbox else ""
        if self._fate == "transfer" and not target:
            self.query_one("#problem", Static).update(Content("Say which account takes the mailbox."))
            self.query_one("#target", Input).focus()
            return
        self.dismiss(Choice(self._fate, target if self._fate == "transfer" else ""))

    def _show_choice(self) -> None:
        if not self._has_mailbox:
            return
        for fate, key, meaning in FATES:
            sign = "(●)" if fate == self._fate else "( )"
            self.query_one(f"#fate-{fate}", Static).update(Content(f"  {sign} {key}  {meaning}"))
