"""The dialog that asks which encoding a file is in."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from kconsole.core.errors import EncodingUnconfirmed
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import voice_of
from kconsole.tui.screens.dialog import Dialog, notes, plain
from kconsole.tui.widgets.row_list import RowList


class EncodingDialog(Dialog[str]):
    """Asks which encoding a file is in, by words as they would read. The likeliest one has the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False, priority=True)]
    AUTO_FOCUS = "#encodings"
    heading = "Which of these reads right?"
    keys = "enter read it so · esc cancel"

    def __init__(self, error: EncodingUnconfirmed) -> None:
        super().__init__()
        self._error = error

    def body(self) -> Iterable[Widget]:
        yield plain(safe_text(words_of(self._error.happened, voice_of(self))))
        encodings = RowList(id="encodings")
        encodings.add_class("-first")
        encodings.styles.height = len(self._error.details)
        encodings.lines = [
            [(f" {safe_text(words_of(example, voice_of(self)))}", "")] for example in self._error.details
        ]
        yield encodings
        yield from notes(["If none does, save the file in UTF-8."])

    def action_choose(self) -> None:
        self.dismiss(self._error.details[self.query_one(RowList).cursor].params["encoding"])
