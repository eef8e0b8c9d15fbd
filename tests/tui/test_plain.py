"""Drawing in ASCII: whatever is on the screen, and no cell is lost or gained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.text.safe_text import safe_text
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.terminal.buffered_app import InAscii
from tests.tui.console import NARROW, WIDE, console

ASCII = TerminalProfile(ascii_only=True)
STATES = {
    "main": ("j", "space", "j"),
    "confirm": ("d",),
    "sort": ("s",),
    "add": ("a", "n"),
    "filter": ("slash", "s", "c"),
    "details": ("enter",),
    "help": ("question_mark",),
    "palette": ("colon", "down"),
    "log": ("L",),
}


@pytest.mark.thorough
@pytest.mark.parametrize("size", [NARROW, WIDE, (60, 20)], ids=str)
@pytest.mark.parametrize("state", STATES)
async def test_nothing_but_ascii_is_drawn_and_every_line_is_as_long_as_the_screen(
    state: str, size: tuple[int, int]
) -> None:
    async with console("crisis", size, profile=ASCII) as screen:
        await screen.press(*STATES[state])
        lines = screen.text.splitlines()
        assert screen.text.isascii()
        assert [len(line) for line in lines] == [size[0]] * size[1]


async def test_it_is_the_same_picture_in_other_signs() -> None:
    async with console("office", WIDE) as screen:
        signs = screen.text.splitlines()
    async with console("office", WIDE, profile=ASCII) as screen:
        plain = screen.text.splitlines()
    for one, other in zip(signs, plain, strict=True):
        assert cell_len(one) == len(other)
        assert one.isascii() <= (one == other)
    assert any(line.startswith("+- Seats ----") for line in plain)
    assert any("####=" in line and "..." in line for line in plain)


async def test_names_in_other_scripts_keep_their_columns() -> None:
    entries = (
        Entry(address="a@north.example", full_name="王小明"),
        Entry(address="b@north.example", full_name="Ångström Łuk"),
        Entry(address="c@north.example", full_name="plain"),
    )
    inventory = Inventory(
        license=License(seats=5), domains=(Domain(name="north.example", primary=True),), entries=entries
    )
    async with console(inventory, profile=ASCII) as screen:
        rows = [line for line in screen.text.splitlines() if "@north.example" in line]
        assert "??????" in rows[0]
        assert "Angstrom Luk" in rows[1]
        assert len({line.index("never") for line in rows}) == 1


async def test_a_scroll_bar_has_whole_cells() -> None:
    async with console("office", NARROW, profile=ASCII) as screen:
        bar = [line[-2] for line in screen.text.splitlines()[6:18]]
        assert set(bar) == {" "}
    async with console("office", NARROW) as screen:
        await screen.press("j", "ctrl+d", "ctrl+d")
        assert not screen.text.isascii()


@given(st.lists(st.text(), max_size=4))
def test_the_filter_keeps_every_segment_as_wide_as_it_was(texts: list[str]) -> None:
    style = Style(bold=True)
    segments = [Segment(safe_text(text), style) for text in texts]
    for before, after in zip(segments, InAscii().apply(segments, Color(0, 0, 0)), strict=True):
        assert after.text.isascii()
        assert after.cell_length == before.cell_length == len(after.text)
        assert after.style is style
