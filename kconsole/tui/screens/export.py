"""The dialog that saves what is listed in a file."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from textual import on

from kconsole.core.errors import ConsoleError
from kconsole.operations.files import AlreadyThere, free_name
from kconsole.text.messages import error_words
from kconsole.text.report import FORMATS
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import voice_of
from kconsole.tui.screens.form import Field, FormDialog, Save
from kconsole.tui.widgets.inputs import ChoiceLine, TextLine


class Export(NamedTuple):
    """The file that is asked for."""

    form: str
    name: str
    replace: bool
    """Whether it may replace a file of this name."""


class ExportDialog(FormDialog[Export]):
    """Asks for a format and a file. Enter saves, in both lines; a second enter replaces a file that is there."""

    keys = "enter save · space another format · esc cancel"

    def __init__(self, what: str, today: date, save: Save[Export]) -> None:
        self.heading, self._today, self._save = f"Export {what}", today, save
        self._may_replace = ""
        super().__init__()

    def fields(self) -> Iterable[Field]:
        yield Field("form", "Format", "csv", choices=[(form, FORMATS[form][0]) for form in FORMATS])
        yield Field("file", "File", self._file_name("csv"))

    def _file_name(self, form: str) -> str:
        return free_name(f"~/kconsole-accounts-{self._today}", FORMATS[form][1])

    @on(ChoiceLine.Changed)
    def end_as_the_format(self) -> None:
        line = self.query_one("#file", TextLine)
        if line.value in {self._file_name(form) for form in FORMATS}:
            line.value = self._file_name(self.query_one(ChoiceLine).value)

    def action_next(self) -> None:
        self.action_confirm()

    def answer(self, values: Mapping[str, str]) -> Export:
        return Export(values["form"], values["file"], bool(values["file"]) and values["file"] == self._may_replace)

    def accept(self, answer: Export) -> None:
        def saved() -> None:
            self.dismiss(answer)

        self._save(answer, saved, self.show_error)

    def show_error(self, error: ConsoleError) -> None:
        if isinstance(error, AlreadyThere):
            self._may_replace = self.query_one("#file", TextLine).value.strip()
            self.tell_problem(
                f"{safe_text(error_words(error, voice_of(self)))} Press enter again to replace it, esc to keep it."
            )
        else:
            super().show_error(error)
