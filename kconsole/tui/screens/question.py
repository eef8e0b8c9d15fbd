"""Questions before a change: y or n answers, or what is typed where much would change."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from kconsole.core.errors import ConsoleError
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import console_of
from kconsole.tui.screens.dialog import Answer, Attentive, notes, plain
from kconsole.tui.widgets.inputs import FormRow, NumberLine, ReasonLine, TextLine


class Question(NamedTuple):
    """A question that y or n answers, or a number that is typed. All texts must be safe to show."""

    text: str
    lines: Sequence[str]
    """What it is about."""
    verb: str
    notes: Sequence[str] = ()
    news: Sequence[str] = ()
    """What happened that makes it necessary to ask again."""
    number: int = 0
    """The number that has to be typed in place of y, because much would change; 0 for y."""
    what: str = ""
    """What it is the number of: "accounts"."""
    is_final: bool = False
    """Whether yes cannot be undone."""
    recent_reasons: Callable[[], Sequence[str]] | None = None
    """Gives the last reasons, where one may be given; it reads the log. None where no reason is asked for."""
    reason: str = ""
    """The reason that was given before, where it is asked again."""
    is_big: bool = False
    """Whether it deletes accounts or may change many, for which a context may want its name. One with a number is."""


class QuestionDialog(Attentive[Answer]):
    """Asks whether to go on. Cancel has the focus, so that a hasty Enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "Yes", show=False),
        Binding("n", "leave", "No", show=False),
        Binding("i", "reason", "Give a reason", show=False),
    ]
    AUTO_FOCUS = "#number, #cancel"
    deletes: ClassVar[bool] = False
    """Whether something is deleted, for which a context may want its name."""
    keys = "y yes · n or esc no"
    asks = True
    given_reason = ""
    """Why, in the user's words, once it is confirmed."""

    def __init__(self, question: Question) -> None:
        super().__init__(classes="-final" if question.is_final else "")
        self._question, self.heading, self.verb = question, question.text, question.verb
        self.is_final = question.is_final
        self._context_name = ""
        """The name of the context that has to be typed; empty for none."""
        if question.number:
            self.keys = "type the number, then enter · esc no"
        if question.recent_reasons is not None:
            self.keys += " · i reason"

    def answer(self) -> Answer | None:
        """What yes means. None if something is missing; the dialog then says what."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        for line in self._question.news:
            yield plain(line, "dialog-news")
        for place, line in enumerate(self._question.lines):
            first = " -first" if self._question.news and not place else ""
            yield plain(line, f"dialog-subject{first}")
        yield from self.choices()
        yield from notes(self._question.notes)

    def choices(self) -> Iterable[Widget]:
        return ()

    def foot(self) -> Iterable[FormRow]:
        context, question = console_of(self).context, self._question
        is_big = question.is_big or bool(question.number) or self.is_final or self.deletes
        if context is not None and context.confirm_name and is_big:
            self._context_name = context.name
        if self._question.recent_reasons is not None:
            row = FormRow("Reason:", ReasonLine(safe_text(self._question.reason), id="reason"))
            row.display = bool(self._question.reason)
            yield row
        if self._question.number:
            yield FormRow(f"Type the number of {self._question.what}:", NumberLine(id="number"))
        if self._context_name:
            yield FormRow(f"Type the name, {self._context_name}:", TextLine(id="context-name"))

    async def action_reason(self) -> None:
        """Show the line for a reason; a `y` is a letter there."""
        recent = self._question.recent_reasons
        if recent is None:
            return
        line, row = self.query_one("#reason", ReasonLine), self.query(".dialog > FormRow").first()
        row.display = True
        self.tell_problem("")
        line.focus()
        with suppress(ConsoleError):  # without them, a reason is typed
            line.recent = [safe_text(reason) for reason in await asyncio.to_thread(recent)]
            self.show_scroll_keys()

    @on(Input.Submitted, "#reason")
    def leave_reason(self, message: Input.Submitted) -> None:
        message.stop()
        self.query(self.AUTO_FOCUS).first().focus()

    @on(Input.Submitted, "#number, #context-name")
    def submit_number(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_confirm()

    def action_confirm(self) -> None:
        if (answer := self.answer()) is not None and self._is_number_typed() and self._is_name_typed():
            self.given_reason = self.typed_reason()
            self.dismiss(answer)

    def typed_reason(self) -> str:
        """The reason in its line; empty where none is asked for."""
        return "" if self._question.recent_reasons is None else self.query_one("#reason", ReasonLine).value.strip()

    def _is_number_typed(self) -> bool:
        """Whether the number was typed, if one is needed. If not, the dialog says so."""
        number, what = self._question.number, self._question.what
        if not number:
            return True
        line = self.query_one("#number", NumberLine)
        typed = line.value.replace(",", "").strip()
        if typed != str(number):
            self.tell_problem(f"{'That is not' if typed else 'Type'} the number of {what}. Esc cancels.")
            line.focus()
        return typed == str(number)

    def _is_name_typed(self) -> bool:
        """Whether the name of the context was typed, if it is wanted. If not, the dialog says so."""
        if not self._context_name:
            return True
        line = self.query_one("#context-name", TextLine)
        typed = line.value.strip()
        if typed != self._context_name:
            self.tell_problem(f"{'That is not' if typed else 'Type'} the name of the context. Esc cancels.")
            line.focus()
        return typed == self._context_name


class ConfirmDialog(QuestionDialog[str]):
    """A question with nothing to choose. The answer is the reason, empty if none was given."""

    def answer(self) -> str:
        return self.typed_reason()
