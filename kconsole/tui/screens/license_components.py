"""Dialogs about the optional components: which accounts use them, and how they are licensed."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

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
from kconsole.tui.screens.form import Field, Save
from kconsole.tui.screens.license_forms import DATE_FORM, YES_NO, OperationForm, read_day, read_seats
from kconsole.tui.widgets.column_list import Column, ColumnList


class ComponentForm(OperationForm[ChangeComponent]):
    """Asks whether a component is licensed, for how many accounts and how long."""

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, name: ComponentName, license_: License, save: Save[ChangeComponent]) -> None:
        self._component = name
        super().__init__(license_, save)

    @property
    def title_text(self) -> str:
        return COMPONENT_WORDS[self._component]

    def fields(self) -> Iterable[Field]:
        known = self._license.component(self._component) or Component(name=self._component)
        yield Field("licensed", "Licensed", "yes", choices=YES_NO)
        seats = "" if known.seats is None else str(known.seats)
        yield Field("seats", "Seats", seats, "as many as the license has")
        expires = "" if known.expires is None else known.expires.isoformat()
        yield Field("expires", "Until", expires, f"as long as the license; or {DATE_FORM}")

    def operation(self, values: Mapping[str, str]) -> ChangeComponent:
        is_licensed = values["licensed"] == "yes"
        seats, expires = (read_seats(values["seats"]), read_day(values["expires"])) if is_licensed else (None, None)
        return ChangeComponent(Component(name=self._component, seats=seats, expires=expires), is_licensed)


class ComponentRow(NamedTuple):
    """A component with its use. Safe to show."""

    name: ComponentName
    text: str
    beyond: Sequence[str]
    """Lines about the accounts beyond its seats."""


def component_rows(rows: Sequence[Row], use: Sequence[ComponentUse]) -> Iterable[ComponentRow]:
    """What the dialog of components shows.

    Args:
        rows: the rows of the License screen about components.
        use: which accounts use them.
    """
    texts = {row.code: row.text for row in rows}
    used = {each.component.name: each.beyond for each in use}
    for name in COMPONENT_WORDS:
        lines = ["No account is beyond its seats."] if name in used else []
        if beyond := used.get(name):
            lines = [f"! {len(beyond):,} beyond its seats, those that used it the longest ago:"]
            lines += [safe_text(entry.address) for entry in beyond]
        yield ComponentRow(name, texts.get(name, ""), lines)


class _ComponentList(ColumnList[ComponentRow]):
    signs: ClassVar[int] = 1
    columns = (
        Column[ComponentRow]("Component", 21, lambda row, _: COMPONENT_WORDS[row.name]),
        Column[ComponentRow]("Use", 0, lambda row, _: row.text, share=1, gives_way=True),
    )

    def key(self, record: ComponentRow) -> Hashable:
        return record.name


class ComponentsDialog(Dialog[ComponentName]):
    """Shows the components and the accounts beyond their seats. The answer is the one to change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False, priority=True),
        Binding("c,q", "leave", show=False),
    ]
    AUTO_FOCUS = "#components"
    heading = "Components"
    keys = "enter change · esc back"

    def __init__(self, rows: Iterable[ComponentRow], is_read_only: bool) -> None:
        super().__init__()
        self._list, self._is_read_only = _ComponentList("components"), is_read_only
        self._list.rows = list(rows)
        self._list.styles.height = len(self._list.rows)
        self.add_class("-large")

    def body(self) -> Iterable[Widget]:
        yield self._list
        yield Static(id="beyond", classes="dialog-note -first", markup=False)

    def on_mount(self) -> None:
        self.watch(self._list, "cursor", self._show_beyond)

    def action_choose(self) -> None:
        if self._is_read_only:
            self.tell_problem(READ_ONLY)
        else:
            self.dismiss(self._list.rows[self._list.cursor].name)

    def _show_beyond(self) -> None:
        self.query_one("#beyond", Static).update(Content("\n".join(self._list.rows[self._list.cursor].beyond)))
        self.call_after_refresh(self.show_scroll_keys)
