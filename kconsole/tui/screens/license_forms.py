"""Dialogs of the License screen: they ask for an operation, and show what it would mean, or who uses a component."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar, Final, TypeVar, cast

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kconsole.core.codes import message, short
from kconsole.core.errors import BadInput, reason_of
from kconsole.core.license import Component, ComponentName, Customer, License
from kconsole.core.times import day_of
from kconsole.licensing.components import ComponentUse
from kconsole.licensing.lifecycle import unlicensed
from kconsole.operations import license as operations
from kconsole.operations import license_files
from kconsole.operations.confinement import is_confined
from kconsole.operations.files import open_file, whole_path
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.licenses import DETAIL_WORDS, Row, masked_id, seats_words
from kconsole.text.safe_text import safe_address
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.screens.form import Field, FormDialog, Save, SavingForm
from kconsole.tui.screens.question import ConfirmDialog, Question
from kconsole.tui.widgets.column_list import Column, ColumnList
from kconsole.tui.widgets.inputs import FormRow, PasswordLine
from kconsole.tui.widgets.labelled import LABEL_LARGE, LabelledText

Answer = TypeVar("Answer")

DATE_FORM: Final = "like 2027-03-01"
UNLIMITED: Final = "unlimited"
NEVER: Final = "never"

YES_NO: Final = (("no", "no"), ("yes", "yes"))


class OperationForm(SavingForm[Answer]):
    """Asks for an operation on the license, which `save` applies."""

    def __init__(self, license_: License, save: Save[Answer]) -> None:
        self._license = license_
        super().__init__(save)


class RegisterForm(OperationForm[operations.RegisterLicense]):
    """Asks for the customer of the license. Its ID is not shown while it is typed, and is forgotten with the dialog."""

    DEFAULT_CSS = "RegisterForm FormRow Static { width: 14; }"
    AUTO_FOCUS = "#organization"
    keys = "enter next, then register · esc cancel"
    verb = "Register"

    def __init__(self, license_: License, save: Save[operations.RegisterLicense]) -> None:
        super().__init__(license_, save)
        self.heading = "Register the license" if license_.registered_at is None else "Change the registration"

    def fields(self) -> Iterable[Field]:
        known = self._license.customer
        for name, word in DETAIL_WORDS.items():
            value = "" if known is None else getattr(known, name)
            yield Field(name, word, value, "may be left empty" if name in operations.OPTIONAL else "")

    def notes(self) -> Iterable[Widget]:
        known = f" (now {masked_id(self._license)})" if self._license.id_end else ""
        yield FormRow("License ID", PasswordLine(id="license-id"))
        yield plain(f"Only the last four characters of the license ID are kept{known}.", "dialog-note -first")

    def answer(self, values: Mapping[str, str]) -> operations.RegisterLicense:
        return operations.RegisterLicense(Customer(**values), self.query_one(PasswordLine).value)

    def dismiss(self, result: operations.RegisterLicense | None = None) -> AwaitComplete:
        self.query_one(PasswordLine).taken()
        return super().dismiss(result)


class BuyForm(OperationForm[operations.BuyUpdate]):
    """Asks what was bought: seats, components, or both."""

    DEFAULT_CSS = "BuyForm FormRow Static { width: 22; }"
    heading = "What was bought?"
    keys = "enter next, then record · space choose · esc cancel"
    verb = "Record"
    note = "It is due at the server within 24 hours; its seats count once it has arrived."

    def fields(self) -> Iterable[Field]:
        if self._license.seats is not None:
            now = words.count(self._license.seats, "seat")
            yield Field("seats", "More seats", placeholder=f"a number; {now} now")
        for name in unlicensed(self._license):
            yield Field(name, words.COMPONENT_WORDS[name], "no", choices=YES_NO)

    def answer(self, values: Mapping[str, str]) -> operations.BuyUpdate:
        components = tuple(name for name in words.COMPONENT_WORDS if values.get(name) == "yes")
        return operations.BuyUpdate(read_seats(values.get("seats", "")) or 0, components)


class TermsForm(FormDialog[operations.Terms]):
    """Asks for new seats and days."""

    DEFAULT_CSS = "TermsForm FormRow Static { width: 20; }"
    heading = "Seats and days by hand"
    note = "An empty line changes nothing."
    keys = "enter next, then show · esc cancel"
    verb = "Show what changes"

    def __init__(self, license_: License) -> None:
        self._license = license_
        super().__init__()

    def fields(self) -> Iterable[Field]:
        now = seats_words(self._license.seats)
        yield Field("seats", "Seats", placeholder=f"now {now}; a number, or {UNLIMITED}")
        for name, label, day in (
            ("maintenance-until", "Maintenance until", self._license.maintenance_until),
            ("expires", "License expires", self._license.expires),
        ):
            yield Field(name, label, placeholder=f"now {day or 'no day'}; {DATE_FORM}, or {NEVER}")

    def answer(self, values: Mapping[str, str]) -> operations.Terms:
        seats, *days = (values[name].strip() for name in ("seats", "maintenance-until", "expires"))
        terms = operations.Terms(
            operations.Without.LIMIT if seats == UNLIMITED else read_seats(seats),
            *(operations.Without.LIMIT if day == NEVER else read_day(day) for day in days),
        )
        if terms == operations.Terms():
            raise BadInput("no-terms", "type-or-leave")
        return terms


class PriceForm(OperationForm[operations.SetPrice]):
    """Asks what a seat costs for a year."""

    heading = "What does a seat cost?"
    note = "For one seat and one year. Two empty lines: it is not known."
    keys = "enter next, then save · esc cancel"

    def fields(self) -> Iterable[Field]:
        known = self._license.price
        yield Field("amount", "Amount", "" if known is None else str(known.amount), "like 24.50")
        yield Field("currency", "Currency", "" if known is None else known.currency, "like EUR")

    def answer(self, values: Mapping[str, str]) -> operations.SetPrice:
        amount, currency = values["amount"], values["currency"]
        return operations.SetPrice(operations.read_price(amount, currency) if amount or currency else None)


class FileForm(FormDialog[Path]):
    """Asks for a license file."""

    heading = "Install a license file"
    note = "On the server it is in the folder 'license' of Kerio Connect. Nothing is installed yet."
    keys = "enter show what changes · esc cancel"
    verb = "Show what changes"

    def __init__(self, path: str) -> None:
        self._path = path
        super().__init__()

    def fields(self) -> Iterable[Field]:
        yield Field("path", "File", self._path, "inbox/license.key" if is_confined() else "license.key of the server")

    def answer(self, values: Mapping[str, str]) -> Path:
        """The file, never standard input."""
        if not values["path"]:
            raise BadInput("name-the-file", "or-leave")
        return whole_path(values["path"])


def read_regular(path: Path, encoding: str | None = None) -> license_files.LicenseFile:
    """Read a license file, and nothing else that has a path: a pipe without a writer would never end."""
    try:
        open_file(path).close()
    except OSError as error:
        raise BadInput("cannot-read", "check-the-name", file=str(path), reason=reason_of(error)) from None
    return license_files.read_license(path, encoding)


class ChangeDialog(ConfirmDialog):
    """Asks whether to change the license; shows what would change and what that would mean."""

    def __init__(self, question: Question, rows: Sequence[Detail], is_over: bool) -> None:
        super().__init__(question)
        self._rows = rows
        self.set_class(is_over, "-final")

    def choices(self) -> Iterable[Widget]:
        if self._rows:
            rows = LabelledText(LABEL_LARGE, [("", self._rows)])
            rows.set_class(bool(self._question.news or self._question.lines), "-first")
            yield rows


class ComponentForm(OperationForm[operations.ChangeComponent]):
    """Asks whether a component is licensed, for how many accounts and how long."""

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, name: ComponentName, license_: License, save: Save[operations.ChangeComponent]) -> None:
        self._component, self.heading = name, words.COMPONENT_WORDS[name]
        super().__init__(license_, save)

    def fields(self) -> Iterable[Field]:
        known = self._license.component(self._component) or Component(name=self._component)
        yield Field("licensed", "Licensed", "yes", choices=YES_NO)
        seats = "" if known.seats is None else str(known.seats)
        yield Field("seats", "Seats", seats, "as many as the license has")
        expires = "" if known.expires is None else known.expires.isoformat()
        yield Field("expires", "Until", expires, f"as long as the license; or {DATE_FORM}")

    def answer(self, values: Mapping[str, str]) -> operations.ChangeComponent:
        is_licensed = values["licensed"] == "yes"
        seats, expires = (read_seats(values["seats"]), read_day(values["expires"])) if is_licensed else (None, None)
        return operations.ChangeComponent(Component(name=self._component, seats=seats, expires=expires), is_licensed)


class _ComponentList(ColumnList[Row]):
    signs: ClassVar[int] = 1
    columns = (
        Column[Row]("Component", 21, lambda row, _: row.label),
        Column[Row]("Use", 0, lambda row, _: row.text, share=1, gives_way=True),
    )

    def key(self, record: Row) -> Hashable:
        return record.code


class ComponentsDialog(Dialog[ComponentName]):
    """Shows the components and the accounts beyond their seats. The answer is the one to change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False, priority=True),
        Binding("o,q", "leave", show=False),
    ]
    AUTO_FOCUS = "#components"
    heading = "Components"
    keys = "enter change · esc back"

    def __init__(self, rows: Iterable[Row], use: Iterable[ComponentUse], unchanged: str) -> None:
        """Show these rows; `unchanged` says why none can be changed, and is empty if one can."""
        super().__init__()
        self._list, self._unchanged = _ComponentList("components"), unchanged
        if unchanged:
            self.keys = "esc back"
        self._use = {each.component.name: each for each in use}
        self._list.rows = [row for row in rows if row.code in words.COMPONENT_WORDS]
        self._list.styles.height = len(self._list.rows)
        self.add_class("-large")

    def body(self) -> Iterable[Widget]:
        yield self._list
        yield Static(id="beyond", classes="dialog-note -first", markup=False)

    def on_mount(self) -> None:
        self.watch(self._list, "cursor", self._show_beyond)

    def action_choose(self) -> None:
        if self._unchanged:
            self.tell_problem(self._unchanged)
        else:
            self.dismiss(self._chosen)

    @property
    def _chosen(self) -> ComponentName:
        return cast(ComponentName, self._list.rows[self._list.cursor].code)

    def _show_beyond(self) -> None:
        use = self._use.get(self._chosen)
        lines = [] if use is None else ["No account is beyond its seats."]
        if use is not None and use.over:
            which = "which used it the longest ago" if len(use.beyond) == use.over else "in your domains"
            lines = [f"! {words.count(use.over, 'account')} beyond its seats, {which}:"]
            lines += [safe_address(entry.address) for entry in use.beyond]
        self.query_one("#beyond", Static).update(Content("\n".join(lines)))
        self.call_after_refresh(self.show_scroll_keys)


def read_seats(text: str) -> int | None:
    """A number of seats as it is typed; None for an empty line."""
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadInput("not-a-number-of-seats", "write-like-120", text=short(text))
    if len(text) > len(str(operations.MOST_SEATS)) or int(text) > operations.MOST_SEATS:
        raise BadInput("too-many-seats", message("at-most-seats", most=operations.MOST_SEATS), seats=int(text[:20]))
    return int(text)


def read_day(text: str) -> date | None:
    """A day as it is typed; None for an empty line."""
    try:
        return day_of(text) if text.strip() else None
    except ValueError as error:
        raise BadInput(str(error), "write-like-a-day", text=short(text.strip())) from None
