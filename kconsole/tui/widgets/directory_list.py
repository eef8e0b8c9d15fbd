"""The list of domains, each with its directory."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from kconsole.operations.mapping import MappedDomain
from kconsole.text.columns import cell_width
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.words import count
from kconsole.tui.widgets.column_list import ALARM_SIGN, Column, ColumnList
from kconsole.tui.widgets.painting import Part, fitted

GAP: Final = 2
"""Blanks before the directory, beside the one that each column has."""

INSECURE: Final = "INSECURE "


def _name(row: MappedDomain, _: datetime) -> str:
    return safe_address(row.domain.name)


def _mapped(row: MappedDomain, _: datetime) -> str:
    return f"{row.mapped:,} mapped" if row.mapped or row.domain.directory is not None else ""


def _accounts_mapped(row: MappedDomain, now: datetime) -> str:
    return _mapped(row, now) and f"{count(row.mapped, 'account')} mapped"


def _directory(row: MappedDomain, _: datetime) -> str:
    directory = row.domain.directory
    if directory is None:
        return "no directory set" if row.mapped else "not mapped"
    return safe_text(f"{directory.url} · {directory.base}")


_MAPPED: Final = (
    Column[MappedDomain]("Mapped", 14, _mapped, right=True, until=100),
    Column[MappedDomain]("Mapped", 22, _accounts_mapped, right=True, needs=100),
)
_DIRECTORY: Final = Column[MappedDomain]("Directory", 10, _directory, share=1, gives_way=True)


class DirectoryList(ColumnList[MappedDomain]):
    """Domains in the order of the report."""

    signs: ClassVar[int] = 2
    empty_text = "There are no domains in this store yet. Run 'kconsole domains add NAME' to add one."

    def __init__(self) -> None:
        super().__init__("directories")

    def key(self, record: MappedDomain) -> Hashable:
        return record.domain.name

    def columns_at(self, width: int) -> Sequence[Column[Any]]:
        longest = max((cell_width(_name(row, self.now)) for row in self.rows), default=0)
        return Column[MappedDomain]("Domain", min(longest, max(width // 3, 20)), _name), *_MAPPED, _DIRECTORY

    def sign_parts(self, row: int, record: MappedDomain) -> Sequence[Part]:
        return [*super().sign_parts(row, record), (ALARM_SIGN if _is_insecure(record) else " ", "notice")]

    def paint_cell(self, column: Column[Any], record: MappedDomain, cells: int, style: str) -> Iterable[Part]:
        if column is not _DIRECTORY:
            yield from super().paint_cell(column, record, cells, style)
            return
        yield " " * GAP, ""
        warning = INSECURE if _is_insecure(record) else ""
        yield warning, "notice"
        is_quiet = record.domain.directory is None and record is not self.highlighted
        yield fitted(_directory(record, self.now), cells - GAP - len(warning)), "muted" if is_quiet else ""


def _is_insecure(row: MappedDomain) -> bool:
    return row.domain.directory is not None and row.domain.directory.insecure
