"""Whether to quit, where something would be lost."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from kconsole.text import words
from kconsole.tui.screens.form import FormDialog
from kconsole.tui.screens.listing import ListingScreen
from kconsole.tui.screens.question import ConfirmDialog, Question
from kconsole.tui.widgets.inputs import TextLine


class QuitDialog(ConfirmDialog):
    """Asks whether to quit, and says what would be lost."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "confirm", "Quit", show=False)]

    def __init__(self, lost: list[str]) -> None:
        super().__init__(Question("Quit?", lost, "Quit", ["All changes are saved already."]))


def what_is_lost(screen: ListingScreen) -> Iterator[str]:
    """What would be lost by quitting now: marks, work in the background, and what is typed in forms."""
    if marked := len(screen.accounts.marked):
        yield f"{words.count(marked, 'account is', 'accounts are')} marked: the marks would be lost."
    if screen.workspace.feed.is_held or any(worker.group == "reading" for worker in screen.app.workers):
        yield "Work in the background is not finished."
    for form in screen.app.screen_stack:
        if isinstance(form, FormDialog) and any(line.is_typed for line in form.query(TextLine)):
            yield f"What you typed in '{form.heading}' would be lost."
