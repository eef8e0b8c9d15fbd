"""One layout for all lists: which columns have room, and how wide they are."""

from datetime import datetime

import pytest

from kconsole.tui.widgets.column_list import Column, ColumnList, aligned, laid_out


def text(record: str, _: datetime) -> str:
    return record


def column(title: str, width: int, share: int = 0, **options: int | bool) -> Column[str]:
    return Column[str](title, width, text, share, **options)  # type: ignore[arg-type]


NAME = column("name", 10, 3, gives_way=True)
NOTE = column("note", 6, 1)
NUMBER = column("number", 5)


def cells(columns: list[Column[str]], width: int, signs: int = 0) -> dict[str, int]:
    return {column.title: cells for column, cells in laid_out(columns, width, signs)}


@pytest.mark.parametrize(
    ("columns", "width", "expected"),
    [
        ([NAME, NOTE, NUMBER], 24, {"name": 10, "note": 6, "number": 5}),
        ([NAME, NOTE, NUMBER], 32, {"name": 16, "note": 8, "number": 5}),
        ([NAME, NOTE, NUMBER], 33, {"name": 17, "note": 8, "number": 5}),
        ([NAME, NOTE, NUMBER], 20, {"name": 6, "note": 6, "number": 5}),
        ([NAME, NOTE, NUMBER], 8, {"name": 0, "note": 6, "number": 5}),
        ([NOTE, NUMBER], 20, {"note": 13, "number": 5}),
        ([column("name", 10, 1, most=12), NUMBER], 40, {"name": 12, "number": 5}),
    ],
)
def test_spare_cells_go_to_the_columns_that_stretch(
    columns: list[Column[str]], width: int, expected: dict[str, int]
) -> None:
    assert cells(columns, width) == expected
    assert cells(columns, width + 3, 3) == expected


def test_columns_leave_in_their_turn() -> None:
    columns = [NAME, column("first", 5, leaves=1), column("last", 5, leaves=2)]
    assert list(cells(columns, 23)) == ["name", "first", "last"]
    assert list(cells(columns, 22)) == ["name", "last"]
    assert list(cells(columns, 16)) == ["name"]


def test_a_column_with_a_comfort_does_not_shrink_for_an_extra() -> None:
    columns = [
        column("name", 10, comfort=20),
        column("extra", 5, leaves=1, is_extra=True),
        column("plain", 5, leaves=2),
    ]
    assert cells(columns, 33) == {"name": 20, "extra": 5, "plain": 5}
    assert cells(columns, 32) == {"name": 10, "plain": 5}


def test_columns_are_shown_at_the_widths_that_they_name() -> None:
    columns = [NAME, column("short", 5, until=40), column("long", 9, needs=40)]
    assert list(cells(columns, 39)) == ["name", "short"]
    assert list(cells(columns, 40)) == ["name", "long"]


class Lines(ColumnList[tuple[str, str]]):
    """Lines with a name, and a note that most lack."""

    columns = (
        Column[tuple[str, str]]("name", 10, lambda line, _: line[0], share=1, gives_way=True),
        Column[tuple[str, str]]("note", 12, lambda line, _: line[1], share=2, fits=True),
    )

    def key(self, record: tuple[str, str]) -> str:
        return record[0]

    def shown(self, *notes: str) -> dict[str, int]:
        self.rows, self._layout_width = [("anna", note) for note in notes], -1
        self._longest.clear()
        return {column.title: cells for column, cells in self.layout_at(40)}


def test_a_column_that_fits_leaves_its_unused_room_to_the_others() -> None:
    lines = Lines("lines")
    assert lines.shown("", "") == {"name": 39}
    assert lines.shown("", "a") == {"name": 34, "note": 4}
    assert lines.shown("a", "leaver 8") == {"name": 30, "note": 8}
    assert lines.shown("x" * 60)["name"] == 16


def test_numbers_stand_at_the_right() -> None:
    assert aligned(column("n", 6, right=True), "12", 6) == "    12"
    assert aligned(column("n", 6), "12", 6) == "12    "
    assert aligned(column("n", 2, right=True), "12345", 3) == "12…"


def test_columns_of_one_title_fit_their_own_texts() -> None:
    class People(ColumnList[str]):
        columns = (
            Column[str]("Who", 4, lambda record, _: record.partition(" ")[0], until=50, fits=True),
            Column[str]("Who", 4, lambda record, _: record, share=1, needs=50, fits=True),
        )

    people = People("people")
    people.rows = ["anna (sudo)"]
    assert [cells for _, cells in people.layout_at(20)] == [4]
    assert [cells for _, cells in people.layout_at(60)] == [11]
