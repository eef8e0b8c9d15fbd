"""A dialog with several lines to fill in, each with its label on the left."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from kconsole.core.codes import short
from kconsole.core.errors import BadInput, ConsoleError
from kconsole.core.times import moment_of
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import shown_error
from kconsole.tui.screens.dialog import Dialog, notes
from kconsole.tui.widgets.inputs import ChoiceLine, FormRow, TextLine

Answer = TypeVar("Answer")


class Field(NamedTuple):
    """A line of a form."""

    name: str
    label: str
    value: str = ""
    """The value at first; text from outside is made safe."""
    placeholder: str = ""
    choices: Sequence[tuple[str, str]] = ()
    """What can be chosen, as value and words; empty for a line to type in."""


def typed_day(text: str) -> datetime:
    """The day in a line; BadInput if it is none."""
    try:
        return moment_of(text)
    except ValueError:
        raise BadInput("not-a-day", "write-like-a-day", text=short(text)) from None


Save = Callable[[Answer, Callable[[], None], Callable[[ConsoleError], None]], None]
"""Saves an answer in the background. Then it calls the first function, or the second one with the error."""


class FormDialog(Dialog[Answer]):
    """Asks for several things, and stays open until the answer is accepted or the user leaves.

    Enter goes to the next line, and in the last line confirms.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("enter", "next", show=False),
    ]
    AUTO_FOCUS = "TextLine, ChoiceLine"
    keys = "enter next, then save · esc cancel"
    verb = "Save"
    note: ClassVar[str] = ""
    """A quiet text below the lines."""

    def __init__(self) -> None:
        super().__init__()
        self._fields = tuple(self.fields())

    def fields(self) -> Iterable[Field]:
        return ()

    def answer(self, values: Mapping[str, str]) -> Answer:
        """The answer that the values are, by the name of the field.

        Raises:
            ConsoleError: they are none; the form shows why, and stays.
        """
        raise NotImplementedError

    def notes(self) -> Iterable[Widget]:
        return notes([self.note] if self.note else [])

    def body(self) -> Iterable[Widget]:
        for name, label, value, placeholder, choices in self._fields:
            typed = TextLine(safe_text(value), placeholder, id=name)
            yield FormRow(label, ChoiceLine(choices, value, id=name) if choices else typed)
        yield from self.notes()

    def value_of(self, field: Field) -> str:
        """The value of a line. An unchanged line keeps the value it was given, not the safe text shown for it."""
        if field.choices:
            return self.query_one(f"#{field.name}", ChoiceLine).value
        text = self.query_one(f"#{field.name}", TextLine).value
        return field.value if text == safe_text(field.value) else text.strip()

    @on(Input.Submitted)
    def leave_line(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_next()

    def action_next(self) -> None:
        if self.focused is self.query("TextLine, ChoiceLine").last():
            self.action_confirm()
        else:
            self.focus_next()

    def action_confirm(self) -> None:
        try:
            answer = self.answer({field.name: self.value_of(field) for field in self._fields})
        except ConsoleError as error:
            self.show_error(error)
        else:
            self.tell_problem("")
            self.accept(answer)

    def accept(self, answer: Answer) -> None:
        """Close with the answer."""
        self.dismiss(answer)

    def show_error(self, error: ConsoleError) -> None:
        self.tell_problem(shown_error(error, self))


class SavingForm(FormDialog[Answer]):
    """A form whose answer `save` saves; it closes then, and stays open if that fails."""

    def __init__(self, save: Save[Answer]) -> None:
        self._save = save
        super().__init__()

    def accept(self, answer: Answer) -> None:
        def saved() -> None:
            self.dismiss(answer)

        self._save(answer, saved, self.show_error)
