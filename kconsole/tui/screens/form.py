"""A dialog with several lines to fill in, each with its label on the left."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from kconsole.core.errors import ConsoleError
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import shown_error
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.inputs import ChoiceLine, TextLine

Answer = TypeVar("Answer")

LABEL: Final = 12
"""Cells of a label."""


class Field(NamedTuple):
    """A line of a form."""

    name: str
    """Its id."""
    label: str
    value: str = ""
    """The value at first; text from outside is made safe."""
    placeholder: str = ""
    """What stands there while it is empty."""
    choices: Sequence[tuple[str, str]] = ()
    """What can be chosen, as value and words; empty for a line to type in."""


class _Row(Horizontal):
    """A field with its label."""

    DEFAULT_CSS = f"""
    _Row {{ height: 1; }}
    _Row Static {{ width: {LABEL}; color: $text-muted; }}
    _Row TextLine, _Row ChoiceLine {{ width: 1fr; }}
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field = field

    def compose(self) -> ComposeResult:
        field = self._field
        yield plain(field.label)
        if field.choices:
            yield ChoiceLine(field.choices, field.value, id=field.name)
        else:
            yield TextLine(safe_text(field.value), field.placeholder, id=field.name)


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

    def __init__(self) -> None:
        super().__init__()
        self._fields = tuple(self.fields())

    def fields(self) -> Iterable[Field]:
        """Its lines."""
        return ()

    def answer(self, values: Mapping[str, str]) -> Answer:
        """The answer that the values are, by the name of the field.

        Raises:
            ConsoleError: they are none; the form shows why, and stays.
        """
        raise NotImplementedError

    def notes(self) -> Iterable[Widget]:
        """What stands below the lines."""
        return ()

    def body(self) -> Iterable[Widget]:
        yield from (_Row(field) for field in self._fields)
        yield from self.notes()

    def value_of(self, field: Field) -> str:
        """The value of a line. An unchanged line keeps the value it was given, not the safe text shown for it."""
        if field.choices:
            return self.query_one(f"#{field.name}", ChoiceLine).value
        text = self.query_one(f"#{field.name}", TextLine).value
        return field.value if text == safe_text(field.value) else text.strip()

    @on(Input.Submitted)
    def leave_line(self, message: Input.Submitted) -> None:
        """Go on from the line."""
        message.stop()
        self.action_next()

    def action_next(self) -> None:
        """Go to the next line; confirm in the last one."""
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
        """Close with the answer. A form that saves it first overrides this."""
        self.dismiss(answer)

    def show_error(self, error: ConsoleError) -> None:
        """Show why the answer is not accepted."""
        self.tell_problem(shown_error(error, self))
