"""The list of domains, each with its directory."""

from collections.abc import Iterator, Sequence
from typing import Final

from textual.message import Message

from kconsole.operations.mapped_domains import MappedDomain
from kconsole.text.columns import cell_width
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

SIGNS_WIDTH: Final = 2
"""Cells before the first column: cursor, insecure."""

COUNT_WIDTH: Final = 14
"""Cells of the number of mapped accounts."""

CURSOR_SIGN, INSECURE_SIGN = "▸", "!"


class DirectoryList(RowList):
    """Domains in the order of the report."""

    empty_text = "There are no domains in this store yet."

    class Highlighted(Message):
        """Another domain is highlighted."""

    def __init__(self) -> None:
        super().__init__(id="directories")
        self.rows: Sequence[MappedDomain] = ()
        self._name_width = 0

    @property
    def row_count(self) -> int:
        """The number of domains."""
        return len(self.rows)

    @property
    def highlighted(self) -> MappedDomain | None:
        """The highlighted domain; None if there are none."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[MappedDomain]) -> None:
        """Show these domains; the same one stays highlighted."""
        before = self.highlighted
        self.rows = rows
        self._name_width = max((cell_width(safe_text(row.domain.name)) for row in rows), default=0)
        self.rows_changed()
        if before is not None:
            self.move_to_domain(before.domain.name)

    def move_to_domain(self, name: str) -> None:
        """Highlight the domain of this name, if it is listed."""
        for place, row in enumerate(self.rows):
            if row.domain.name == name:
                self.move_to(place)

    def cursor_moved(self) -> None:
        """Report the highlighted domain."""
        self.post_message(self.Highlighted())

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        """Paint a domain, the number of mapped accounts, and its directory."""
        domain, mapped = self.rows[row]
        is_here = row == self.cursor
        insecure = domain.directory is not None and domain.directory.insecure
        name_width = min(self._name_width, max(width // 3, 20))
        count = f"{mapped:,} mapped" if mapped or domain.directory is not None else ""
        left = [
            (CURSOR_SIGN if is_here else " ", ""),
            (INSECURE_SIGN if insecure else " ", "alarm"),
            (f"{fitted(safe_text(domain.name), name_width)} {count:>{COUNT_WIDTH}}   ", ""),
        ]
        rest = width - SIGNS_WIDTH - name_width - COUNT_WIDTH - 4
        return [*left, *_where(self.rows[row], rest, "" if is_here else "muted")]


def _where(row: MappedDomain, width: int, quiet: str) -> Iterator[Part]:
    directory = row.domain.directory
    if directory is None:
        yield fitted("no directory set" if row.mapped else "not mapped", width), quiet
        return
    if directory.insecure:
        yield "INSECURE ", "alarm"
        width -= len("INSECURE ")
    yield fitted(safe_text(f"{directory.url} · {directory.base}"), width), ""
