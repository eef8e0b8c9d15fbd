"""The dialog of saved filters: use one, save the current one, delete one."""

from collections.abc import Callable, Hashable, Iterable
from typing import ClassVar, Final

from textual import getters, on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from kconsole.core.errors import ConsoleError
from kconsole.operations.preferences import Preferences
from kconsole.operations.search.filters import FREES_A_SEAT
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import shown_error
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.column_list import Column, ColumnList
from kconsole.tui.widgets.inputs import TextLine

LONGEST_NAME: Final = 24
MOST_LINES: Final = 12

Filter = tuple[str, str]
"""The name of a filter, and its text."""

SUGGESTED: Final = (
    ("idle for a year", f"(seen:>1y or is:never) {FREES_A_SEAT}"),
    ("would free a seat", FREES_A_SEAT),
)
"""Filters that are offered beside the saved ones. No saved one can have such a name: it is one word."""


def _shown_name(saved: Filter) -> str:
    return saved[0] if saved in SUGGESTED else safe_text(f"@{saved[0]}")


class _FilterList(ColumnList[Filter]):
    """The saved filters by name, then those that come with kconsole."""

    signs: ClassVar[int] = 1
    columns = (
        Column[Filter](
            "Name",
            LONGEST_NAME + 1,
            lambda saved, _: _shown_name(saved),
            style="strong",
        ),
        Column[Filter]("Filter", 0, lambda saved, _: safe_text(saved[1]), share=1, gives_way=True),
    )

    def read(self, preferences: Preferences) -> None:
        self.rows = [*sorted(preferences.filters.items()), *SUGGESTED]
        self.styles.height = max(2, min(len(self.rows), MOST_LINES))
        self.rows_changed()

    def key(self, record: Filter) -> Hashable:
        return record[0]


class SavedFiltersDialog(Dialog[str]):
    """Asks which filter to use; it can save the current one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", show=False),
        Binding("s", "ask", show=False),
        Binding("x", "delete", show=False),
    ]
    AUTO_FOCUS = "#saved"
    DEFAULT_CSS = """
    SavedFiltersDialog Input { display: none; }
    SavedFiltersDialog.-asking Input { display: block; }
    """
    saved = getters.query_one(_FilterList)
    heading = "Saved filters"
    keys = "enter use · s save current · x delete · esc cancel"

    def __init__(self, preferences: Preferences, current: str, invalid: str = "") -> None:
        super().__init__()
        self._invalid = invalid
        """Why the current filter cannot be saved, if it is not valid. Safe to show."""
        self._preferences, self._current = preferences, current.strip()
        self._asked = ""
        """The name that the user was asked about: to replace it, or to delete it."""

    def body(self) -> Iterable[Widget]:
        yield _FilterList("saved")
        yield TextLine(placeholder="a name for the current filter", id="filter-name")
        yield plain("In the filter line, @name stands for a saved one.", "dialog-note -first")

    def on_mount(self) -> None:
        self.saved.read(self._preferences)

    def action_use(self) -> None:
        if self.saved.highlighted is not None:
            self.dismiss(self.saved.highlighted[1])

    def action_ask(self) -> None:
        if not self._current:
            self.tell_problem("There is no filter to save: type one in the filter line first.")
            return
        self.tell_problem(f"The filter is not valid: {self._invalid}." if self._invalid else "")
        if self._invalid:
            return
        self.add_class("-asking")
        self.query_one(Input).focus()

    def action_delete(self) -> None:
        """Delete the filter under the cursor, if the key is pressed twice."""
        if self.saved.highlighted is None:
            return
        name = self.saved.highlighted[0]
        if name not in self._preferences.filters:
            self.tell_problem("This filter comes with kconsole, and stays.")
        elif self._asked != name:
            self._asked = name
            self.tell_problem(f"Press x again to delete '{safe_text(name)}'.")
        else:
            self._changed(lambda: self._preferences.forget_filter(name))

    def action_leave(self) -> None:
        if self.has_class("-asking"):
            self._stop_asking()
        else:
            self.dismiss(None)

    @on(Input.Submitted)
    def save(self, message: Input.Submitted) -> None:
        """Save the current filter. To replace a saved one, the user has to press enter twice."""
        message.stop()
        name = message.value.strip().removeprefix("@")
        if not name or len(name) > LONGEST_NAME or any(letter.isspace() or letter == "@" for letter in name):
            self.tell_problem(f"A name is one word of at most {LONGEST_NAME} letters, without @.")
        elif name in self._preferences.filters and self._asked != name:
            self._asked = name
            self.tell_problem(f"'{safe_text(name)}' exists already. Press enter again to replace it.")
        elif self._changed(lambda: self._preferences.keep_filter(name, self._current)):
            self._stop_asking()

    def _changed(self, change: Callable[[], None]) -> bool:
        """Change the saved filters, and show them. Whether they could be written."""
        self._asked, problem = "", ""
        try:
            change()
        except ConsoleError as error:
            problem = shown_error(error, self)
        self.tell_problem(problem)
        self.saved.read(self._preferences)
        return not problem

    def _stop_asking(self) -> None:
        self.remove_class("-asking")
        self.query_one(Input).value = ""
        self.tell_problem("")
        self.saved.focus()
