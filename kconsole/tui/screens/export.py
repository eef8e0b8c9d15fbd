"""The dialog that saves what is listed in a file."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from textual import on

from kconsole.core.errors import ConsoleError
from kconsole.operations.files import AlreadyThere, free_name
from kconsole.text.report import FORMATS
from kconsole.tui.commands.base import replace_question
from kconsole.tui.screens.form import Field, Save, SavingForm
from kconsole.tui.widgets.inputs import ChoiceLine, TextLine


class Export(NamedTuple):
    """The file that is asked for."""

    form: str
    name: str
    replace: bool
    """Whether it may replace a file of this name."""


class ExportDialog(SavingForm[Export]):
    """Asks for a format and a file. Enter saves, in both lines; a second enter replaces a file that is there."""

    keys = "enter save · space another format · esc cancel"

    def __init__(self, what: str, today: date, save: Save[Export]) -> None:
        self.heading, self._today = f"Export {what}", today
        self._may_replace = ""
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        yield Field("form", "Format", "csv", choices=[(form, FORMATS[form][0]) for form in FORMATS])
        yield Field("file", "File", self._file_name("csv"))

    def _file_name(self, form: str) -> str:
        return free_name(f"kconsole-accounts-{self._today}", FORMATS[form][1])

    @on(ChoiceLine.Changed)
    def end_as_the_format(self) -> None:
        line = self.query_one("#file", TextLine)
        if line.value in {self._file_name(form) for form in FORMATS}:
            line.value = self._file_name(self.query_one(ChoiceLine).value)

    def action_next(self) -> None:
        self.action_confirm()

    def answer(self, values: Mapping[str, str]) -> Export:
        return Export(values["form"], values["file"], bool(values["file"]) and values["file"] == self._may_replace)

    def show_error(self, error: ConsoleError) -> None:
        if isinstance(error, AlreadyThere):
            self._may_replace = self.query_one("#file", TextLine).value.strip()
            self.tell_problem(replace_question(error, self))
        else:
            super().show_error(error)
