"""The dialog of saved filters: one is used, the one of now is saved, one is forgotten."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from kconsole.core.errors import ConsoleError
from kconsole.operations.preferences import Preferences
from kconsole.text.messages import whole
from kconsole.text.safe_text import safe_text
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList
from kconsole.tui.widgets.text_line import TextLine

LONGEST_NAME: Final = 24

MOST_LINES: Final = 12


class _FilterList(RowList):
    """The saved filters by name."""

    empty_text = "No filter is saved yet."

    def __init__(self, preferences: Preferences) -> None:
        super().__init__(id="saved")
        self._preferences = preferences
        self._names: list[str] = []
        self.read()

    def read(self) -> None:
        """See which there are now."""
        self._names = sorted(self._preferences.filters)
        self.styles.height = max(2, min(len(self._names), MOST_LINES))

    @property
    def row_count(self) -> int:
        return len(self._names)

    @property
    def name_at_cursor(self) -> str | None:
        """The name under the cursor; None if there is none."""
        return self._names[self.cursor] if self._names else None

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        name = self._names[row]
        text = fitted(safe_text(self._preferences.filters[name]), width - LONGEST_NAME - 3)
        return [(f" {fitted('@' + safe_text(name), LONGEST_NAME + 1)} ", "strong"), (text, "")]


class SavedFiltersDialog(Dialog[str]):
    """Asks which filter to use.

    Args:
        preferences: where filters are saved.
        now: the filter of now, to be saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", show=False),
        Binding("s", "ask", show=False),
        Binding("x", "forget", show=False),
    ]
    AUTO_FOCUS = "#saved"
    DEFAULT_CSS = """
    SavedFiltersDialog Input { display: none; }
    SavedFiltersDialog.-asking Input { display: block; }
    """
    heading = "Saved filters"
    keys = "enter use · s save the one of now · x forget · esc cancel"

    def __init__(self, preferences: Preferences, now: str) -> None:
        super().__init__()
        self._preferences, self._now = preferences, now.strip()
        self._asked = ""
        """What the user was asked: a name that is taken, or one to forget."""

    def body(self) -> Iterable[Widget]:
        """The filters, and the line to type a name in."""
        yield _FilterList(self._preferences)
        yield TextLine(placeholder="a name for the filter of now", id="filter-name")
        yield plain("In the filter line, @name stands for a saved one.", "dialog-note -first")

    def buttons(self) -> Iterable[Button]:
        """None: a row is the answer."""
        return ()

    @property
    def saved(self) -> _FilterList:
        """The list of filters."""
        return self.query_one("#saved", _FilterList)

    def action_use(self) -> None:
        """Answer with the filter under the cursor."""
        name = self.saved.name_at_cursor
        if name is not None:
            self.dismiss(self._preferences.filters[name])

    def action_ask(self) -> None:
        """Ask for a name for the filter of now."""
        if not self._now:
            self.tell_problem("Nothing is filtered now: type a filter first, then save it here.")
            return
        self.tell_problem("")
        self.add_class("-asking")
        self.query_one(Input).focus()

    def action_forget(self) -> None:
        """Forget the filter under the cursor, if it is pressed twice."""
        name = self.saved.name_at_cursor
        if name is None:
            return
        if self._asked != name:
            self._asked = name
            self.tell_problem(f"Press x once more to forget '{safe_text(name)}'.")
        elif self._changed(lambda: self._preferences.forget_filter(name)):
            self.tell_problem("")

    def action_leave(self) -> None:
        """Leave the line that is typed in, or the dialog."""
        if self.has_class("-asking"):
            self._ask_no_more()
        else:
            self.dismiss(None)

    @on(Input.Submitted)
    def save(self, message: Input.Submitted) -> None:
        """Save the filter of now; under a name that is taken only if enter is pressed once more."""
        message.stop()
        name = message.value.strip().removeprefix("@")
        if not name or len(name) > LONGEST_NAME or any(letter.isspace() or letter == "@" for letter in name):
            self.tell_problem(f"A name is a word of at most {LONGEST_NAME} letters, without blanks and @.")
        elif name in self._preferences.filters and self._asked != name:
            self._asked = name
            self.tell_problem(f"'{safe_text(name)}' is there already; enter once more replaces it.")
        elif self._changed(lambda: self._preferences.keep_filter(name, self._now)):
            self._ask_no_more()

    def _changed(self, change: Callable[[], None]) -> bool:
        """Change what is saved, and show it; whether it is kept for the next time too."""
        self._asked = ""
        try:
            change()
        except ConsoleError as error:
            self.tell_problem(safe_text(whole(error)))
            is_kept = False
        else:
            is_kept = True
        self.saved.read()
        self.saved.rows_changed()
        return is_kept

    def _ask_no_more(self) -> None:
        self.remove_class("-asking")
        self.query_one(Input).value = ""
        self.tell_problem("")
        self.saved.focus()
