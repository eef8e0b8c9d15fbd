"""Dialogs about the optional components: which accounts use them, and how they are licensed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kconsole.core.license import Component, ComponentName, License
from kconsole.licensing.components import ComponentUse
from kconsole.operations.license import ChangeComponent
from kconsole.text.licenses import Row
from kconsole.text.safe_text import safe_text
from kconsole.text.screen import READ_ONLY
from kconsole.text.words import COMPONENT_WORDS
from kconsole.tui.screens.dialog import Dialog
from kconsole.tui.screens.form import Field, FormDialog
from kconsole.tui.screens.license_forms import DATE_FORM, read_day, read_seats
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList


class ComponentForm(FormDialog[ChangeComponent]):
    """Asks whether a component is licensed, for how many and how long."""

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, name: ComponentName, license_: License, save: Callable[[ChangeComponent], None]) -> None:
        self._component, self._license, self._save = name, license_, save
        super().__init__()

    @property
    def title_text(self) -> str:
        return COMPONENT_WORDS[self._component]

    def fields(self) -> Iterable[Field]:
        known = self._license.component(self._component)
        licensed = (("yes", "yes"), ("no", "no"))
        yield Field("licensed", "Licensed", "yes", choices=licensed)
        seats = "" if known is None or known.seats is None else str(known.seats)
        yield Field("seats", "Seats", seats, "as many as the license has")
        expires = "" if known is None or known.expires is None else known.expires.isoformat()
        yield Field("expires", "Until", expires, f"as long as the license; or {DATE_FORM}")

    def answer(self, values: Mapping[str, str]) -> ChangeComponent:
        is_licensed = values["licensed"] == "yes"
        seats, expires = (read_seats(values["seats"]), read_day(values["expires"])) if is_licensed else (None, None)
        operation = ChangeComponent(Component(name=self._component, seats=seats, expires=expires), is_licensed)
        self._save(operation)
        return operation


class _ComponentList(RowList):
    """The optional components."""

    def __init__(self, rows: Sequence[str], moved: Callable[[], None]) -> None:
        super().__init__(id="components")
        self._rows, self._moved = rows, moved
        self.styles.height = len(rows)

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        return [(f"{'▸' if row == self.cursor else ' '} {fitted(self._rows[row], width - 2)}", "")]

    def cursor_moved(self) -> None:
        self._moved()


class ComponentsDialog(Dialog[ComponentName]):
    """Shows the components and the accounts beyond their seats. The answer is the one to change.

    Args:
        rows: each component with its use, and the accounts beyond its seats; safe to show.
        is_read_only: whether nothing can be changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False, priority=True),
        Binding("c,q", "leave", show=False),
    ]
    AUTO_FOCUS = "#components"
    heading = "Components"
    keys = "enter change · esc back"

    def __init__(self, rows: Mapping[ComponentName, tuple[str, Sequence[str]]], is_read_only: bool) -> None:
        super().__init__()
        self._rows, self._is_read_only = rows, is_read_only
        self.add_class("-large")

    def body(self) -> Iterable[Widget]:
        yield _ComponentList([row for row, _ in self._rows.values()], self._show_beyond)
        yield Static(id="beyond", classes="dialog-note -first", markup=False)

    def on_mount(self) -> None:
        self._show_beyond()

    @property
    def chosen(self) -> ComponentName:
        """The one under the cursor."""
        return list(self._rows)[self.query_one("#components", _ComponentList).cursor]

    def action_choose(self) -> None:
        if self._is_read_only:
            self.tell_problem(READ_ONLY)
        else:
            self.dismiss(self.chosen)

    def _show_beyond(self) -> None:
        _, beyond = self._rows[self.chosen]
        self.query_one("#beyond", Static).update(Content("\n".join(beyond)))
        self.call_after_refresh(self.show_scroll_keys)


def component_rows(rows: Sequence[Row], use: Sequence[ComponentUse]) -> dict[ComponentName, tuple[str, list[str]]]:
    """What the dialog of components shows.

    Args:
        rows: the rows of the License screen about components.
        use: which accounts use them.
    """
    texts = {row.code: row.text for row in rows}
    used = {each.component.name: each for each in use}
    shown = {}
    for name, word in COMPONENT_WORDS.items():
        lines = []
        if name in used and (beyond := used[name].beyond):
            lines = [f"! {len(beyond):,} beyond its seats, those that used it the longest ago:"]
            lines += [safe_text(entry.address) for entry in beyond]
        elif name in used:
            lines = ["No account is beyond its seats."]
        shown[name] = f"{word:<22}{texts.get(name, '')}", lines
    return shown
