"""Dialogs about the optional components: who uses them, and how they are licensed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from kconsole.core.license import Component, ComponentName, License
from kconsole.licensing.components import ComponentUse
from kconsole.licensing.lifecycle import COMPONENT_WORDS
from kconsole.operations.license import ChangeComponent
from kconsole.text.safe_text import safe_text
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
        """Which component."""
        return COMPONENT_WORDS[self._component]

    def fields(self) -> Iterable[Field]:
        """What there is to a component."""
        known = self._license.component(self._component)
        licensed = (("yes", "yes"), ("no", "no"))
        yield Field("licensed", "Licensed", "yes", choices=licensed)
        seats = "" if known is None or known.seats is None else str(known.seats)
        yield Field("seats", "Seats", seats, "as many as the license has")
        expires = "" if known is None or known.expires is None else known.expires.isoformat()
        yield Field("expires", "Until", expires, f"as long as the license; or {DATE_FORM}")

    def answer(self, values: Mapping[str, str]) -> ChangeComponent:
        """The deed, once it is done."""
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
    """Shows the components and who is beyond their seats. The answer is the one that shall be changed.

    Args:
        rows: a component with its use, and those beyond its seats; safe to show.
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
        """The components, and below who is beyond the seats of the one under the cursor."""
        yield _ComponentList([row for row, _ in self._rows.values()], self._show_beyond)
        yield Static(id="beyond", classes="dialog-note -first", markup=False)

    def buttons(self) -> Iterable[Button]:
        """None: enter chooses."""
        return ()

    def on_mount(self) -> None:
        """Show who is beyond the first one's."""
        self._show_beyond()

    @property
    def chosen(self) -> ComponentName:
        """The one under the cursor."""
        return list(self._rows)[self.query_one("#components", _ComponentList).cursor]

    def action_choose(self) -> None:
        """Answer with it."""
        if self._is_read_only:
            self.tell_problem("Nothing can be changed: the store was opened to be read only.")
        else:
            self.dismiss(self.chosen)

    def _show_beyond(self) -> None:
        _, beyond = self._rows[self.chosen]
        self.query_one("#beyond", Static).update(Content("\n".join(beyond)))
        self.call_after_refresh(self._tell_more)


def component_rows(
    told: Iterable[tuple[str, str]], use: Sequence[ComponentUse]
) -> dict[ComponentName, tuple[str, list[str]]]:
    """What the dialog of components shows.

    Args:
        told: a row for each component as the screen has it; safe to show.
        use: who uses them.
    """
    texts = dict(told)
    used = {each.component.name: each for each in use}
    rows = {}
    for name, word in COMPONENT_WORDS.items():
        lines = []
        if name in used and (beyond := used[name].beyond):
            lines = [f"! {len(beyond):,} beyond its seats, who used it the longest ago:"]
            lines += [safe_text(entry.address) for entry in beyond]
        elif name in used:
            lines = ["Nobody is beyond its seats."]
        rows[name] = f"{word:<22}{texts.get(word, '').removesuffix('   !')}", lines
    return rows
