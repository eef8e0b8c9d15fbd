"""The dialog that deletes accounts, and asks what happens to their mailboxes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kconsole.core.records import Entry, MailboxFate
from kconsole.text import words
from kconsole.text.details import last_login_word
from kconsole.text.safe_text import safe_address
from kconsole.text.screen import FATES
from kconsole.tui.screens.dialog import notes, plain
from kconsole.tui.screens.question import Question, QuestionDialog
from kconsole.tui.widgets.inputs import TextLine
from kconsole.tui.widgets.painting import Painted, Part, fitted


class Choice(NamedTuple):
    """What happens to the mailboxes."""

    fate: MailboxFate
    transfer_to: str = ""


ROLE, LOGIN = 13, 14
"""Cells of a role and of a last login."""


class WhoGoes(Painted):
    """The accounts that would be deleted, one a line; those that should give a pause stand first, with a sign.

    Only the lines in sight are made, as there may be many thousands.
    """

    def __init__(self, entries: Sequence[Entry], own: frozenset[str], now: datetime) -> None:
        super().__init__(classes="-first")
        self._own, self._now = own, now
        self._entries = sorted(entries, key=lambda entry: not self._gives_pause(entry))
        self.styles.height = len(entries)

    def _gives_pause(self, entry: Entry) -> bool:
        return entry.role != "user" or entry.address in self._own

    def paint(self, y: int, width: int) -> Iterable[Part]:
        entry = self._entries[y]
        room, pause = width - ROLE - LOGIN - 4, self._gives_pause(entry)
        role = words.ROLES[entry.role] if entry.is_account else words.KINDS[entry.kind]
        if entry.address in self._own:
            role = "your account"
        yield f"{'!' if pause else ' '} {fitted(safe_address(entry.address, room), room)} ", "notice" if pause else ""
        yield f"{fitted(role, ROLE)} ", "notice" if pause else "muted"
        yield fitted(last_login_word(entry, self._now), LOGIN), "muted"


class DeleteDialog(QuestionDialog[Choice]):
    """Asks whether to delete accounts, and what happens to their mailboxes."""

    deletes = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"choose('{fate}')", show=False) for fate, key, *_ in FATES]

    def __init__(self, question: Question, mailboxes: int, who: WhoGoes) -> None:
        super().__init__(question)
        self._mailboxes, self._who = mailboxes, who
        self._fate: MailboxFate = "keep"

    def body(self) -> Iterable[Widget]:
        yield from (plain(line, "dialog-news") for line in self._question.news)
        if self._mailboxes:
            yield Static(id="result", classes="dialog-subject")
        yield from (plain(line, "dialog-final" if self.is_final else "dialog-subject") for line in self._question.lines)
        if self._mailboxes:
            yield from (Static(id=f"fate-{fate}") for fate, *_ in FATES)
            target = TextLine(placeholder="login@domain", id="target")
            target.display = False
            yield target
        yield from notes(self._question.notes)
        yield self._who

    def on_mount(self) -> None:
        self.action_choose(self._fate)

    def action_choose(self, fate: MailboxFate) -> None:
        if not self._mailboxes:
            return
        self._fate = fate
        target = self.query_one("#target", Input)
        target.display = fate == "transfer"
        if fate == "transfer":
            target.focus()
        for each, key, meaning, result, several in FATES:
            sign = "(●)" if fate == each else "( )"
            self.query_one(f"#fate-{each}", Static).update(Content(f"  {sign} {key}  {meaning}"))
            if fate == each:
                shown = self.query_one("#result", Static)
                shown.update(Content(result if self._mailboxes == 1 else several))
                shown.set_class(fate == "delete", "dialog-final")
        self.tell_problem("")

    @on(Input.Submitted, "#target")
    def leave_target(self, message: Input.Submitted) -> None:
        message.stop()
        self.query(self.AUTO_FOCUS).first().focus()

    def answer(self) -> Choice | None:
        if self._fate != "transfer" or not self._mailboxes:
            return Choice(self._fate)
        target = self.query_one("#target", Input)
        if target.value.strip():
            return Choice(self._fate, target.value.strip())
        self.tell_problem("Type the account that takes the mailbox.")
        target.focus()
        return None
