"""A dialog with several lines to fill in, each with its label on the left."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input

from kconsole.core.errors import ConsoleError
from kconsole.text.messages import whole
from kconsole.text.safe_text import safe_text
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.widgets.choice_line import ChoiceLine
from kconsole.tui.widgets.text_line import TextLine

Answer = TypeVar("Answer")

LABEL: Final = 12
"""Cells of a label."""


class Field(NamedTuple):
    """A line of a form."""

    name: str
    """Its id."""
    label: str
    value: str = ""
    """What stands there at first; text from outside is made safe."""
    placeholder: str = ""
    """What stands there while it is empty."""
    choices: Sequence[tuple[str, str]] = ()
    """What can be chosen, as value and words; empty for a line to type in."""


class _Row(Horizontal):
    """A label, and what it is the label of."""

    DEFAULT_CSS = f"""
    _Row {{ height: 1; }}
    _Row Static {{ width: {LABEL}; color: $text-muted; }}
    _Row TextLine, _Row ChoiceLine {{ width: 1fr; }}
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field = field

    def compose(self) -> ComposeResult:
        """The two of them."""
        field = self._field
        yield plain(field.label)
        if field.choices:
            yield ChoiceLine(field.choices, field.value, id=field.name)
        else:
            yield TextLine(safe_text(field.value), field.placeholder, id=field.name)


class FormDialog(Dialog[Answer]):
    """Asks for several things, and stays open until they make sense or the user leaves.

    Enter goes to the next line, and after the last one does what the button says.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("enter", "next", show=False),
    ]
    AUTO_FOCUS = "_Row TextLine, _Row ChoiceLine"
    keys = "enter next, then save · esc cancel"
    verb: ClassVar[str] = "Save"

    def __init__(self) -> None:
        super().__init__()
        self._fields = tuple(self.fields())

    def fields(self) -> Iterable[Field]:
        """Its lines."""
        raise NotImplementedError

    def answer(self, values: Mapping[str, str]) -> Answer:
        """What was filled in, by the name of the field.

        Raises:
            ConsoleError: it makes no sense; that is told, and the form stays.
        """
        raise NotImplementedError

    def notes(self) -> Iterable[Widget]:
        """What stands below the lines."""
        return ()

    def body(self) -> Iterable[Widget]:
        """The lines, and what should be known."""
        yield from (_Row(field) for field in self._fields)
        yield from self.notes()

    def buttons(self) -> Iterable[Button]:
        """Cancel, and save."""
        yield Button("Cancel", id="cancel", compact=True)
        yield Button(Content(self.verb), id="confirm", compact=True)

    def value_of(self, field: Field) -> str:
        """What stands in a line. One that nobody changed has what was there, and not what was made safe of it."""
        if field.choices:
            return self.query_one(f"#{field.name}", ChoiceLine).value
        text = self.query_one(f"#{field.name}", TextLine).value
        return field.value if text == safe_text(field.value) else text.strip()

    @on(Input.Submitted)
    def go_on(self, message: Input.Submitted) -> None:
        """From a line on to the next."""
        message.stop()
        self.action_next()

    def action_next(self) -> None:
        """Go to the next line; from the last one on, save."""
        if self.focused is not None and self.focused.id == self._fields[-1].name:
            self.submit()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Save, or leave."""
        if event.button.id == "confirm":
            self.submit()
        else:
            self.dismiss(None)

    def submit(self) -> None:
        """Answer, or say why that is no answer."""
        try:
            answer = self.answer({field.name: self.value_of(field) for field in self._fields})
        except ConsoleError as error:
            self.tell_problem(safe_text(whole(error)))
        else:
            self.dismiss(answer)
