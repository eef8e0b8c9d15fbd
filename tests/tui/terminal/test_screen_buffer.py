"""What is written is a difference, and the terminal shows what it would show had all of it been written again."""

import re
from collections.abc import Iterable, Sequence

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from rich.style import Style

from kconsole.text.terminals import Colours
from kconsole.tui.terminal.cell_styles import CellStyles
from kconsole.tui.terminal.screen_buffer import ScreenBuffer
from tests.limits import EXAMPLES

MANY = EXAMPLES * 2
WIDTH, HEIGHT = 24, 8


class ErasingPlain(pyte.Screen):
    """A terminal whose erased cells have its own background, as in GNU screen. With pyte they take the one in use."""

    def erase_characters(self, count: int | None = None) -> None:
        in_use = self.cursor.attrs
        self.cursor.attrs = self.default_char
        super().erase_characters(count)
        self.cursor.attrs = in_use


class Glass:
    """A terminal, as pyte draws it, and a buffer that writes to it."""

    def __init__(
        self,
        colours: Colours = "truecolor",
        width: int = WIDTH,
        height: int = HEIGHT,
        erases: bool = True,
        in_colour: bool = False,
    ) -> None:
        self.screen = (pyte.Screen if in_colour else ErasingPlain)(width, height)
        self.screen.reset_mode(7 << 5)  # no wrapping, as Textual sets it
        self._stream = pyte.Stream(self.screen)
        self.buffer = ScreenBuffer(CellStyles(colours), width, height, erases)
        self.buffer.erases_in_colour = in_colour

    def show(self) -> str:
        """Write what has changed, and return what was written."""
        written = self.buffer.changes()
        self._stream.feed(written)
        return written

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every cell with what can be seen of its attributes."""
        return [[_seen(self.screen.buffer[y][x]) for x in range(self.screen.columns)] for y in range(self.screen.lines)]


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        return " ", cell.bg
    return cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore, cell.strikethrough, cell.reverse


def said(text: str, style: str = "") -> list[Segment]:
    return [Segment(text, Style.parse(style))]


def filled(glass: Glass, lines: Iterable[str], style: str = "") -> None:
    for y, line in enumerate(lines):
        glass.buffer.put(0, y, said(line.ljust(glass.buffer.width), style))


STYLES = st.builds(
    Style,
    color=st.sampled_from([None, "red", "bright_blue", "#102030", "color(200)", "default"]),
    bgcolor=st.sampled_from([None, "blue", "#203040", "#171c24"]),
    bold=st.booleans(),
    dim=st.booleans(),
    italic=st.booleans(),
    underline=st.booleans(),
    reverse=st.booleans(),
    strike=st.booleans(),
)
LETTERS = st.sampled_from(
    [*"abz  . ", "é", "ж", "王", "한", "─", "▲", "e\u0301", "ש", "ن", "😀", "     ", "aaaaaaaaaa"]
)
TEXTS = st.lists(LETTERS, max_size=10).map("".join)
PUTS = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.lists(st.builds(Segment, TEXTS, STYLES), max_size=4)
)
MOVES = st.tuples(
    st.integers(0, HEIGHT - 1),
    st.integers(1, HEIGHT),
    st.integers(1, HEIGHT - 1),
    st.none() | st.integers(0, HEIGHT - 1),
)
"""Which rows turn round, how far, and one that stays where it is."""
STEPS = st.lists(st.lists(PUTS, max_size=HEIGHT) | MOVES, max_size=6)


def turned(rows: list[list[Segment]], first: int, last: int, by: int, staying: int | None) -> list[list[Segment]]:
    part = rows[first:last]
    moved = rows[:first] + part[by % max(len(part), 1) :] + part[: by % max(len(part), 1)] + rows[last:]
    if staying is not None:
        moved[staying] = rows[staying]
    return moved


@settings(max_examples=MANY, deadline=None)
@given(STEPS, st.sampled_from(["truecolor", "256", "16", "none"]), st.booleans(), st.booleans())
def test_the_terminal_shows_what_it_would_show_had_all_been_written_again(
    steps: Sequence[list[tuple[int, int, list[Segment]]] | tuple[int, int, int, int | None]],
    colours: Colours,
    erases: bool,
    in_colour: bool,
) -> None:
    glass = Glass(colours, erases=erases, in_colour=in_colour)
    rows = [[Segment(f"row {y} ".ljust(WIDTH, "abcdefgh"[y]))] for y in range(HEIGHT)]
    for step in steps:
        if isinstance(step, tuple):
            rows = turned(rows, *step)
            for y, row in enumerate(rows):
                glass.buffer.put(0, y, row)
        else:
            for put in step:
                glass.buffer.put(*put)
        glass.show()
    glass.show()
    assert glass.show() == ""
    differences = glass.cells
    glass.buffer.forget()
    glass.show()
    assert glass.cells == differences


def test_nothing_is_written_when_nothing_changed() -> None:
    glass = Glass()
    filled(glass, ["one", "two"])
    assert glass.show()
    filled(glass, ["one", "two"])
    assert glass.show() == ""


def test_one_letter_is_written_alone() -> None:
    glass = Glass()
    filled(glass, ["a name", "another"])
    glass.show()
    glass.buffer.put(0, 1, said("anither"))
    assert glass.show() == "\x1b[2;3Hi\x1b[H"
    assert glass.lines[:2] == ["a name", "anither"]


def test_blanks_that_look_as_they_should_are_written_rather_than_jumped_over() -> None:
    glass = Glass()
    glass.buffer.put(0, 0, said("one two six", "red"))
    glass.show()
    glass.buffer.put(0, 0, [*said("ONE"), *said(" ", "red"), *said("TWO"), *said(" ", "green"), *said("SIX")])
    assert glass.show() == "\x1b[mONE TWO SIX\x1b[H"


def test_the_cursor_stands_where_it_should_and_costs_nothing_if_it_stands_there() -> None:
    glass = Glass()
    glass.buffer.set_cursor(2, 3)
    glass.show()
    assert (glass.screen.cursor.x, glass.screen.cursor.y) == (2, 3)
    glass.buffer.set_cursor(2, 3)
    assert glass.show() == ""
    glass.buffer.set_cursor(1000, -5)
    glass.show()
    assert (glass.screen.cursor.x, glass.screen.cursor.y) == (WIDTH - 1, 0)


def test_a_pen_that_is_in_hand_is_not_taken_up_again() -> None:
    glass = Glass()
    filled(glass, ["x" * WIDTH] * HEIGHT, "red on blue")
    assert glass.show().count("m") == 2  # the plain one of the beginning, and this


def test_blanks_don_t_need_their_colour() -> None:
    glass = Glass()
    glass.buffer.put(0, 0, [Segment("a", Style.parse("red")), Segment(" ", Style.parse("blue")), *said("b", "red")])
    assert "\x1b[34m" not in glass.show()


def test_many_blanks_are_erased() -> None:
    glass = Glass()
    filled(glass, ["x" * WIDTH])
    glass.show()
    filled(glass, [""])
    assert glass.show() == f"\x1b[{WIDTH}X"
    assert glass.lines[0] == ""


@pytest.mark.parametrize(("in_colour", "written"), [(True, f"\x1b[{WIDTH}X"), (False, " " * WIDTH)])
def test_a_background_is_erased_where_that_leaves_it(in_colour: bool, written: str) -> None:
    glass = Glass(in_colour=in_colour)
    filled(glass, ["x" * WIDTH], "on blue")
    glass.show()
    filled(glass, [""], "on blue")
    assert written in glass.show()
    assert set(glass.cells[0]) == {(" ", "blue")}


@pytest.mark.parametrize("style", ["reverse on blue", "underline on blue"])
def test_what_shows_on_a_blank_is_never_erased(style: str) -> None:
    glass = Glass(in_colour=True)
    filled(glass, ["x" * WIDTH], style)
    glass.show()
    filled(glass, [""], style)
    assert " " * WIDTH in glass.show()


def test_a_terminal_that_cannot_erase_gets_blanks() -> None:
    glass = Glass(erases=False)
    filled(glass, ["x" * WIDTH])
    glass.show()
    filled(glass, [""])
    assert " " * WIDTH in glass.show()


@pytest.mark.parametrize("step", [1, -1, 3])
def test_rows_that_moved_are_moved_by_the_terminal(step: int) -> None:
    height = 20
    glass = Glass(width=60, height=height)
    lines = [f"{number:3} ".ljust(60, chr(97 + number % 26)) for number in range(100)]
    filled(glass, lines[10 : 10 + height])
    glass.show()
    filled(glass, lines[10 + step : 10 + step + height])
    written = glass.show()
    assert len(written) < 60 * (abs(step) + 1)
    assert glass.lines == [line.rstrip() for line in lines[10 + step : 10 + step + height]]


def test_what_stands_above_and_below_moved_rows_stays() -> None:
    glass = Glass()
    filled(glass, ["top", *"abcdef", "bottom"])
    glass.show()
    filled(glass, ["top", *"bcdefg", "bottom"])
    assert "\x1b[2;7r" in glass.show()
    assert glass.lines == ["top", *"bcdefg", "bottom"]


@pytest.mark.parametrize("still", [1, 4])
def test_what_stands_still_among_moved_rows_stays(still: int) -> None:
    glass = Glass(height=16)
    before = [f"row {y}" for y in range(16)]
    filled(glass, before)
    glass.show()
    after = [before[0], *before[2:9], *before[8 : 8 + still], "last"]
    filled(glass, after)
    glass.show()
    assert glass.lines[: len(after)] == after


def test_behind_a_letter_of_doubtful_width_the_cursor_is_set_again() -> None:
    glass = Glass()
    filled(glass, ["ab😀cd"])
    written = glass.show()
    assert re.search(r"😀\x1b\[1;5Hcd", written)


def test_a_wide_letter_is_never_cut_in_half() -> None:
    glass = Glass()
    filled(glass, ["王小明"])
    glass.show()
    glass.buffer.put(1, 0, said("x"))
    glass.buffer.put(WIDTH - 1, 1, said("王"))
    glass.show()
    assert glass.lines[0] == " x小明"
    assert glass.lines[1] == ""


def test_another_size_is_painted_again() -> None:
    glass = Glass()
    filled(glass, ["one"])
    glass.show()
    glass.screen.resize(4, 10)
    glass.buffer.resize(10, 4)
    filled(glass, ["two"])
    assert "\x1b[2J" in glass.show()
    assert glass.lines == ["two", "", "", ""]


def test_what_is_out_of_the_grid_is_cut_off() -> None:
    glass = Glass()
    glass.buffer.put(WIDTH - 2, 0, said("abcdef"))
    glass.buffer.put(0, HEIGHT, said("below"))
    glass.show()
    assert glass.lines[0] == " " * (WIDTH - 2) + "ab"


@given(st.text(min_size=1, max_size=30))
def test_no_control_character_reaches_the_terminal_from_a_text(text: str) -> None:
    buffer = ScreenBuffer(CellStyles("truecolor"), WIDTH, HEIGHT)
    buffer.changes()
    buffer.put(0, 0, [Segment(text)])
    rest = re.sub(r"\x1b\[[0-9;]*[HCXm]", "", buffer.changes())
    assert rest.isprintable()


@pytest.mark.parametrize("letter", ["\u3000", "\u0378", "\U0001f2ff", "\ue000"])
def test_what_cannot_be_shown_takes_the_cells_that_were_counted_for_it(letter: str) -> None:
    glass = Glass()
    glass.buffer.put(0, 0, [Segment(f"a{letter}b")])
    glass.buffer.put(cell_len(f"a{letter}b"), 0, [Segment("|")])
    glass.show()
    assert glass.screen.buffer[0][cell_len(f"a{letter}")].data == "b"


def test_control_segments_are_passed_over() -> None:
    glass = Glass()
    glass.buffer.put(0, 0, [Segment("\x07", None, [(ControlType.BELL,)]), Segment("a")])
    assert "\x07" not in glass.show()
    assert glass.lines[0] == "a"


def test_without_colours_there_are_none() -> None:
    glass = Glass("none")
    filled(glass, ["x"], "bold red on blue")
    written = glass.show()
    assert "\x1b[1m" in written
    assert not re.search(r"3[0-9]|4[0-9]", "".join(re.findall(r"\x1b\[([0-9;]*)m", written)))


def test_an_old_terminal_gets_what_it_has_and_is_switched_to_plain_first() -> None:
    buffer = ScreenBuffer(CellStyles("none", is_old=True), WIDTH, HEIGHT)
    buffer.put(0, 0, said("a", "bold dim italic"))
    buffer.put(1, 0, said("b", "underline"))
    assert "\x1b[;1ma\x1b[;4mb" in buffer.changes()


@pytest.mark.parametrize(("colours", "sequence"), [("truecolor", "38;2;95;135;255"), ("256", "38;5;69"), ("16", "94")])
def test_colours_are_those_the_terminal_has(colours: Colours, sequence: str) -> None:
    glass = Glass(colours)
    filled(glass, ["x"], "#5f87ff")
    assert f"\x1b[{sequence}m" in glass.show()


def test_marks_that_a_terminal_gives_cells_of_their_own_leave_nothing_behind() -> None:
    glass = Glass()
    for text in ("श्रीमा", "ab"):
        filled(glass, [text])
        written = glass.show()
        assert re.search("मा\x1b\\[1;\\d+H |ab", written), written
