"""Addresses as plain text over the whole width: to select with the mouse of the terminal, or to save in a file."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kconsole.core.errors import ConsoleError
from kconsole.core.records import Entry
from kconsole.operations.confinement import export_folder, shown_path
from kconsole.operations.files import AlreadyThere, save_listing
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.columns import table
from kconsole.text.report import in_pieces
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import replace_question, shown_error
from kconsole.tui.widgets.inputs import TextLine
from kconsole.tui.widgets.row_list import RowList

DEFAULT_NAME: Final = "kconsole-accounts.txt"

MOST_SHOWN: Final = 1_000
"""Accounts that are shown, as more cannot be selected with a mouse. The file has them all."""

AsText = Callable[[Iterable[Entry]], list[list[str]]]
"""Makes the cells of accounts, the titles first, all of them safe to show."""


class _Text(RowList):
    """Lines from the first cell on, with nothing beside them; long ones are broken."""

    texts: Sequence[str] = ()

    def on_resize(self) -> None:
        width = self.size.width
        pieces = [piece for text in self.texts for piece in _pieces(text, width)] if width > 1 else []
        self.lines = [[(piece, "")] for piece in pieces]
        self.rows_changed()


class TextScreen(ModalScreen[None]):
    """Addresses, one a line, or the columns of the table. It saves them in a file on request."""

    DEFAULT_CSS = """
    TextScreen { background: $background; }
    TextScreen #text { height: 1fr; background: $background; }
    TextScreen Static { height: auto; min-height: 1; max-height: 3; padding: 0 1; }
    TextScreen #heading { background: $panel; text-style: bold; }
    TextScreen #said { color: $warning; text-style: bold; }
    TextScreen #keys { background: $panel; color: $text-muted; }
    TextScreen Input { display: none; background: $panel; }
    TextScreen.-asking Input { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", show=False),
        Binding("C,c", "change", show=False),
        Binding("s", "ask", show=False),
    ]
    AUTO_FOCUS = "#text"

    def __init__(self, session: Session, entries: Sequence[Entry], as_text: AsText) -> None:
        super().__init__()
        self._session, self._entries, self._as_text = session, entries, as_text
        self._with_columns = False
        self._may_replace = ""
        """The name of the existing file that the user was asked about."""

    def compose(self) -> ComposeResult:
        yield Static(id="heading")
        yield _Text(id="text")
        yield Static(id="said")
        yield TextLine(f"{export_folder()}{DEFAULT_NAME}", id="file")
        yield Static(id="keys")

    def on_mount(self) -> None:
        self._show()

    def action_change(self) -> None:
        self._with_columns = not self._with_columns
        self._show()

    def action_ask(self) -> None:
        self.add_class("-asking")
        self._say("")
        self._show_lines()
        self.query_one(Input).focus()

    def action_back(self) -> None:
        if self.has_class("-asking"):
            self._stop_asking()
        else:
            self.dismiss(None)

    @on(Input.Changed)
    def forget_question(self, message: Input.Changed) -> None:
        """Ask again whether to replace a file, as this is another one."""
        message.stop()
        if message.value != self._may_replace:
            self._may_replace = ""
            self._say("")

    @on(TextLine.TooLong)
    def tell_too_long(self, message: TextLine.TooLong) -> None:
        self._say(message.text)

    @on(Input.Submitted)
    async def save(self, message: Input.Submitted) -> None:
        """Save, in a thread. To replace an existing file, the user has to press enter twice."""
        message.stop()
        name = message.value
        replace = bool(name) and name == self._may_replace
        try:
            store = self._session.store.folder
            path = await asyncio.to_thread(lambda: save_listing(name, self._content(), store, replace=replace))
        except AlreadyThere as error:
            self._may_replace = name
            self._say(replace_question(error, self))
        except ConsoleError as error:
            self._say(shown_error(error, self))
        else:
            self._stop_asking()
            self._say(f"{self._count()} saved in {safe_text(shown_path(path))}")

    # Showing

    def _cells(self, entries: Sequence[Entry]) -> list[list[str]]:
        """The addresses, or the cells of the columns with the titles first."""
        return self._as_text(entries) if self._with_columns else [[safe_text(each.address, None)] for each in entries]

    def _show(self) -> None:
        header, *rows = self._cells(self._entries[:MOST_SHOWN])
        text = self.query_one(_Text)
        text.texts = list(table(header, rows)) if self._with_columns else [header[0], *(row[0] for row in rows)]
        text.on_resize()
        text.move_to(0)
        self._show_lines()

    def _show_lines(self) -> None:
        more = len(self._entries) - MOST_SHOWN
        shown = f" · the first {MOST_SHOWN:,} are shown, the file has all" if more > 0 else ""
        self._say(f"{self._count()}{shown} · select with the mouse of your terminal", "heading")
        other = "C addresses alone" if self._with_columns else "C with columns"
        is_asking = self.has_class("-asking")
        keys = "enter save in this file · esc cancel" if is_asking else f"s save in a file · {other} · esc back"
        self._say(keys, "keys")

    def _count(self) -> str:
        return words.count(len(self._entries), "address", "addresses")

    def _say(self, text: str, where: str = "said") -> None:
        self.query_one(f"#{where}", Static).update(Content(text))

    def _stop_asking(self) -> None:
        self.remove_class("-asking")
        self._may_replace = ""
        self._say("")
        self._show_lines()
        self.query_one(_Text).focus()

    def _content(self) -> Iterator[str]:
        for place, some in enumerate(in_pieces(self._entries)):
            lines = self._cells(some)[1 if place and self._with_columns else 0 :]  # the titles once
            yield "".join("\t".join(cells) + "\n" for cells in lines)


def _pieces(line: str, width: int) -> Iterable[str]:
    """A line in pieces that fit, cut at the edge: a blank there belongs to the text."""
    while cell_len(line) > width:
        piece = set_cell_size(line, width)
        if not line.startswith(piece):  # half a wide character is a blank, and the whole one goes to the next line
            piece = piece[:-1]
        yield piece
        line = line[len(piece) :]
    yield line
