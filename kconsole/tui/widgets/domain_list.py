"""The list of domains with their seats. The domain under the cursor is the scope of the account table."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.message import Message

from kconsole.core.reports import DomainReport, SeatReport
from kconsole.text.gauge import domain_used
from kconsole.text.safe_text import safe_address
from kconsole.text.words import of_limit
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList

EDGES = 6
"""Cells of a row beside a name and its seats, those of the border among them."""

ALL_DOMAINS = "All domains"
YOUR_DOMAINS = "your domains"
"""All domains of an operator who does not see the others."""

WHOLE_LICENSE = "Whole license"
"""The same with its seats, for an operator who sees some domains only."""

NARROWEST, WIDEST = 22, 42
"""The least and the most cells of the list, by the longest name."""


class DomainList(RowList):
    """A row for all domains, then one for each. Moving the cursor chooses a domain."""

    class Chosen(Message):
        """Another domain is chosen, or all."""

    def __init__(self) -> None:
        super().__init__(id="domains")
        self._report: SeatReport | None = None
        self.is_bound = False
        """Whether these are not all domains, but those of the operator."""

    @property
    def domains(self) -> Sequence[DomainReport]:
        return self._report.domains if self._report is not None else ()

    @property
    def row_count(self) -> int:
        return len(self.domains) + 1

    @property
    def chosen(self) -> str:
        """The name of the domain under the cursor; empty for all."""
        return self.domains[self.cursor - 1].name if 0 < self.cursor <= len(self.domains) else ""

    def show(self, report: SeatReport) -> None:
        """Show the domains of a report; the cursor stays on its domain."""
        before = self.chosen
        self._report = report
        names = [domain.name for domain in report.domains]
        longest = max(
            (cell_len(safe_address(each.name)) + cell_len(domain_used(each)) for each in report.domains), default=0
        )
        self.styles.width = max(NARROWEST, min(longest + EDGES, WIDEST))
        self.set_reactive(DomainList.cursor, names.index(before) + 1 if before in names else 0)
        self.rows_changed()
        if before and before not in names:
            self.cursor_moved()

    def cursor_moved(self) -> None:
        self.post_message(self.Chosen())

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        assert self._report is not None  # noqa: S101  # there is no other row without
        if row == 0:
            used = of_limit(self._report.used, self._report.limit)
            return _row(
                WHOLE_LICENSE if self.is_bound else ALL_DOMAINS,
                used,
                self._report.free == 0,
                width,
                "strong",
                bool(self._report.over),
            )
        domain = self.domains[row - 1]
        return _row(safe_address(domain.name), domain_used(domain), domain.at_limit, width, "")


def _row(name: str, used: str, at_limit: bool, width: int, style: str, is_over: bool = False) -> list[Part]:
    room = width - cell_len(used) - EDGES + 2
    return [(f" {fitted(name, room)} {used}", style), (" !" if at_limit else "  ", "over" if is_over else "notice")]
