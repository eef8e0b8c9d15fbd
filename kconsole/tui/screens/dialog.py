"""Dialogs: a box over the console with a question or news, answered from the keyboard."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Static

Answer = TypeVar("Answer")

Section = tuple[str, Sequence[tuple[str, str]]]
"""A heading (empty for none), and rows of a label and its text. All must be safe to show."""


def plain(text: str, classes: str = "") -> Static:
    """A text that is shown as it is: it is not parsed for markup. It must be safe to show."""
    return Static(Content(text), classes=classes)


def notes(texts: Sequence[str]) -> Iterable[Static]:
    """Texts that should be known, below the ones that matter most."""
    for place, text in enumerate(texts):
        yield plain(text, "dialog-note" if place else "dialog-note -first")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A box with a title, a body and buttons in a row. Escape leaves it without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    CSS_PATH = "../styles/dialog.tcss"

    heading: ClassVar[str] = ""
    keys: ClassVar[str] = ""
    """The keys that answer it, told in the lower border."""

    def compose(self) -> ComposeResult:
        """Box, body, buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self.title_text)
            box.border_subtitle = Content(self.keys)
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield from self.body()
            with Horizontal(classes="dialog-buttons"):
                yield from self.buttons()

    @property
    def title_text(self) -> str:
        """What stands in the upper border."""
        return self.heading

    def body(self) -> Iterable[Widget]:
        """What stands in the box."""
        raise NotImplementedError

    def buttons(self) -> Iterable[Button]:
        """The answers; the first is the safe one."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class ConfirmDialog(Dialog[bool]):
    """Asks whether to go on. Cancel has the focus, so that a hasty Enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
    ]
    AUTO_FOCUS = "#cancel"
    keys = "y yes · n or esc no"

    def __init__(self, question: str, lines: Sequence[str], verb: str, notes: Sequence[str] = ()) -> None:
        super().__init__()
        self._question, self._lines, self._verb, self._notes = question, lines, verb, notes

    @property
    def title_text(self) -> str:
        """The question."""
        return self._question

    def body(self) -> Iterable[Widget]:
        """What it is about, and what should be known."""
        for line in self._lines:
            yield plain(line, "dialog-subject")
        yield from notes(self._notes)

    def buttons(self) -> Iterable[Button]:
        """Cancel, and the deed."""
        yield Button("Cancel", id="cancel", compact=True)
        yield Button(self._verb, id="confirm", compact=True)

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Answer with the button that was pressed."""
        self.dismiss(event.button.id == "confirm")

    def action_answer(self, answer: bool) -> None:
        """Answer by key."""
        self.dismiss(answer)

    def action_leave(self) -> None:
        """No."""
        self.dismiss(False)


class NewsDialog(Dialog[None]):
    """Tells something that has to be read: a refusal, an error, an explanation."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,space", "leave", "Close", show=False),
        Binding("j,down", "scroll_by(1)", show=False),
        Binding("k,up", "scroll_by(-1)", show=False),
        Binding("pagedown,ctrl+d", "scroll_by(10)", show=False),
        Binding("pageup,ctrl+u", "scroll_by(-10)", show=False),
    ]
    AUTO_FOCUS = "#close"
    keys = "esc closes"

    def __init__(self, title: str, lines: Sequence[str], hint: str = "", alarm: bool = False) -> None:
        super().__init__(classes="-alarm" if alarm else "")
        self._title, self._lines, self._hint = title, lines, hint

    @property
    def title_text(self) -> str:
        """What it is about."""
        return self._title

    def body(self) -> Iterable[Widget]:
        """The news, and what to do."""
        for line in self._lines:
            yield plain(line)
        yield from notes([self._hint] if self._hint else [])

    def buttons(self) -> Iterable[Button]:
        """One to close it."""
        yield Button("Close", id="close", compact=True)

    @on(Button.Pressed)
    def close_by_button(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll a text that is longer than the box."""
        self.query_one(".dialog-body", VerticalScroll).scroll_relative(y=lines, animate=False)


class TableDialog(NewsDialog):
    """Tells many things: labels on the left, their texts on the right, in sections."""

    def __init__(self, title: str, sections: Sequence[Section], large: bool = False) -> None:
        super().__init__(title, ())
        self._sections = sections
        self.set_class(large, "-large")

    def body(self) -> Iterable[Widget]:
        """A row for each label."""
        for place, (heading, rows) in enumerate(self._sections):
            if heading:
                yield plain(heading, "dialog-subject -first" if place else "dialog-subject")
            for label, text in rows:
                yield Horizontal(plain(label, "dialog-label"), plain(text, "dialog-text"), classes="dialog-row")
