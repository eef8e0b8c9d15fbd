"""The console, and other programs that show the same rows, with the keys that ask them for the same things."""

import csv
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kconsole.core.times import to_iso
from kconsole.licensing.policy import KERIO
from kconsole.operations.session import Session
from kconsole.text.safe_text import safe_text
from tests.samples import make_inventory
from tests.wire.terminal import KCONSOLE

COLUMNS = ("Account", "Name", "Seat", "Because", "Last login", "Via")


class Peer(NamedTuple):
    """A program with rows, and its keys."""

    name: str
    program: Sequence[str]
    down: str
    page_down: str
    by_name: tuple[str, str]
    """What goes before, and the key that sorts."""

    by_account: tuple[str, str]
    filter: str
    """What opens a filter that filters as one types; empty where there is none."""

    is_slow: bool = False
    """Whether it takes so long with many rows that once is enough."""


class Rows(NamedTuple):
    """The same rows, in the two forms in which they are read."""

    folder: Path
    store: Path
    table: Path


DATA_TABLE_APP = """
import csv
import sys

from rich.markup import escape
from textual.app import App
from textual.widgets import DataTable


class TableApp(App):
    BINDINGS = [("n", "sort(1)"), ("a", "sort(0)"), ("q", "quit")]

    def compose(self):
        yield DataTable(cursor_type="row")

    def on_mount(self):
        table = self.query_one(DataTable)
        with open(sys.argv[1], newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            self.keys = table.add_columns(*next(rows))
            table.add_rows(map(escape, row) for row in rows)

    def action_sort(self, column):
        self.query_one(DataTable).sort(self.keys[column])


TableApp().run(mouse=False)
"""

FAST_TABLE_APP = """
import sys

from pyarrow.csv import read_csv
from textual.app import App
from textual_fastdatatable import ArrowBackend, DataTable


class TableApp(App):
    BINDINGS = [("n", "sort('Name')"), ("a", "sort('Account')"), ("q", "quit")]

    def compose(self):
        backend = ArrowBackend(read_csv(sys.argv[1]))
        yield DataTable(backend=backend, cursor_type="row", render_markup=False)

    def action_sort(self, column):
        self.query_one(DataTable).sort([(column, "ascending")])


TableApp().run(mouse=False)
"""

INSTALL = "`pip install '.[bench]'`"
DOWN, PAGE_DOWN = "\x1b[B", "\x1b[6~"


def kconsole(rows: Rows) -> Peer:
    """Our own, with all that stands around its table."""
    return Peer("kconsole", (*KCONSOLE, "--store", str(rows.store)), "j", PAGE_DOWN, ("s", "n"), ("s", "a"), "/")


def fast_table(rows: Rows) -> Peer | None:
    """An app of nothing but a textual-fastdatatable, read in the way that is fastest for it."""
    if importlib.util.find_spec("textual_fastdatatable") is None:
        return None
    program = _app(rows, "fast_table.py", FAST_TABLE_APP)
    return Peer("textual-fastdatatable", program, DOWN, PAGE_DOWN, ("", "n"), ("", "a"), "")


def data_table(rows: Rows) -> Peer:
    """An app of nothing but a Textual DataTable. It takes text for markup, and ends with some names of the samples."""
    program = _app(rows, "data_table.py", DATA_TABLE_APP)
    return Peer("Textual DataTable", program, DOWN, PAGE_DOWN, ("", "n"), ("", "a"), "", is_slow=True)


def visidata(rows: Rows) -> Peer | None:
    """VisiData, without its mouse and its message of the day."""
    if importlib.util.find_spec("visidata") is None:
        return None
    program = (sys.executable, "-c", "from visidata.main import vd_cli; vd_cli()")
    command = (*program, "--motd-url", "", "--mouse-interval", "0", str(rows.table))
    return Peer("VisiData", command, "j", "\x06", ("l", "["), ("h", "["), "")


def _app(rows: Rows, name: str, source: str) -> tuple[str, ...]:
    script = rows.folder / name
    script.write_text(source, encoding="utf-8")
    return (sys.executable, str(script), str(rows.table))


ALL: Mapping[str, Callable[[Rows], Peer | None]] = {
    "kconsole": kconsole,
    "textual-fastdatatable": fast_table,
    "Textual DataTable": data_table,
    "VisiData": visidata,
}


def peers_of(rows: Rows) -> list[Peer]:
    """Those that are there."""
    return [peer for make in ALL.values() if (peer := make(rows)) is not None]


def left_out(names: Collection[str]) -> str:
    """A line on those that were not among the measured ones; nothing if all were."""
    if missing := [name for name in ALL if name not in names]:
        return f"Left out, as not installed: {', '.join(missing)} ({INSTALL}).\n"
    return ""


@contextmanager
def rows_of(accounts: int) -> Iterator[Rows]:
    """A store of so many accounts, and the same rows as a CSV file of the six columns that the console shows."""
    with tempfile.TemporaryDirectory(prefix="kconsole-bench-") as name:
        folder = Path(name)
        rows = Rows(folder, folder / "store", folder / "rows.csv")
        session = Session.create(rows.store, make_inventory(accounts, seats=accounts))
        with rows.table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for entry in session.state.live_entries():
                login, classification = entry.last_login, KERIO.classify(entry)
                writer.writerow(
                    (
                        safe_text(entry.address),
                        safe_text(entry.full_name),
                        "1" if classification.seat else "-",
                        classification.reason,
                        to_iso(login.at) if login else "",
                        login.protocol if login else "",
                    )
                )
        session.close()
        yield rows
