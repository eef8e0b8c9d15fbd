"""Painting by the line: plain text and the part it stands for, never markup.

Every text from outside reaches the terminal through here, after `safe_text`; Textual never parses it.
"""

import re
from collections.abc import Iterable
from typing import Final, cast

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from kconsole.tui.styles import Painter, Palette

Part = tuple[str, str]
"""Text, and the part it stands for: the name of an ink, empty for the widget's own colours."""

ELLIPSIS = "…"

LEAST_ADDRESS: Final = 12
"""Cells that an address keeps where a text is too long: enough to tell it by."""


def fitted(text: str, width: int) -> str:
    """The text in exactly so many cells: cut with an ellipsis, or filled with blanks."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""
    return text + " " * (width - cells)


def spread(left: str, right: str, width: int) -> str:
    """Two texts at the ends of so many cells; the left one is cut where both don't fit."""
    if cell_len(right) >= width:
        return fitted(left, width)
    return fitted(left, width - cell_len(right) - 1) + " " + right


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells, broken at blanks where there are some; none for an empty one.

    Blanks within a line stay as they are: a name may hold several.
    """
    lines: list[str] = []
    line = ""
    for word in re.findall(r"\s*\S+", text):
        longer = line + word
        if line and cell_len(longer) <= width:
            line = longer
            continue
        word = word.lstrip()
        if line:
            lines.append(line)
        while cell_len(word) > width > 0:
            head = set_cell_size(word, width).rstrip(" ") or word[0]
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line else lines


def shortened(lines: list[str], most: int) -> list[str]:
    """At most so many lines; an ellipsis says that there are more."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1].rstrip()
    return [*lines[: most - 1], f"{set_cell_size(last, cell_len(last) - 1)}{ELLIPSIS}"]


def brief(text: str, width: int, least: int = LEAST_ADDRESS) -> str:
    """A text whose addresses are cut short as far as it takes to fit, the longest first: what is said of them stays.

    Args:
        text: what to say. No text is cut beside the addresses: it may still be longer.
        width: cells that there are.
        least: cells that an address keeps.
    """
    words = text.split(" ")
    while (over := cell_len(" ".join(words)) - width) > 0:
        cells, place = max((cell_len(word) if "@" in word else 0, place) for place, word in enumerate(words))
        if cells <= least:
            break
        words[place] = fitted(words[place], max(cells - over, least))
    return " ".join(words)


class Painted(Widget):
    """A widget of a few lines, each painted from parts."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        """The parts of a line, from left to right."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """The line as Textual takes it."""
        width = self.size.width
        return strip(self.paint(y, width), self.rich_style, palette_of_app(self), width)


def palette_of_app(widget: Widget) -> Palette:
    """The palette that a widget is painted with."""
    return cast("Painter", widget.app).palette


def strip(parts: Iterable[Part], base: Style, palette: Palette, width: int) -> Strip:
    """A line of exactly so many cells. Neighbours that look the same are joined: each style costs 40 bytes a line."""
    inks = palette.parts
    segments = [Segment(text, base + inks[part] if part else base) for text, part in parts]
    return Strip(segments).adjust_cell_length(width, base).simplify()
