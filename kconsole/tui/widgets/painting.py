"""Painting lines from parts: plain text with the name of a style, never markup.

Every text from outside reaches the terminal through here, after `safe_text`; Textual never parses it.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from kconsole.text.safe_text import ELLIPSIS
from kconsole.tui.commands.base import console_of
from kconsole.tui.styles import Palette

Part = tuple[str, str]
"""Text, and the name of its style; empty for the widget's own colours."""

LEAST_ADDRESS: Final = 12
"""Cells that an address keeps where a text is too long: enough to recognize it."""


def fitted(text: str, width: int) -> str:
    """The text in exactly `width` cells: cut with an ellipsis, or padded with blanks."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""
    return text + " " * (width - cells)


def spread(left: str, right: str, width: int) -> str:
    """Two texts at the ends of a line. The left one is cut if both do not fit."""
    if cell_len(right) >= width:
        return fitted(left, width)
    return fitted(left, width - cell_len(right) - 1) + " " + right


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells, broken at blanks where possible. Blanks within a line stay."""
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
            if "@" in head[1:]:  # an address stays readable
                head = head[: head.rindex("@")]
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line else lines


def shortened(lines: list[str], most: int) -> list[str]:
    """At most `most` lines. An ellipsis shows that there are more."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1].rstrip()
    return [*lines[: most - 1], f"{set_cell_size(last, cell_len(last) - 1)}{ELLIPSIS}"]


def brief(text: str, width: int) -> str:
    """A text whose addresses are shortened until it fits, the longest first. The other words stay, even if too long."""
    words = text.split(" ")
    while (over := cell_len(" ".join(words)) - width) > 0:
        cells, place = max((cell_len(word) if "@" in word else 0, place) for place, word in enumerate(words))
        if cells <= LEAST_ADDRESS:
            break
        words[place] = fitted(words[place], max(cells - over, LEAST_ADDRESS))
    return " ".join(words)


def beside(left: Iterable[Sequence[Part]], right: Iterable[Sequence[Part]], width: int) -> list[list[Part]]:
    """Lines beside others, which begin after so many cells."""
    nothing: Sequence[Part] = ()
    return [
        [*one, (" " * (width - sum(cell_len(text) for text, _ in one)), ""), *other]
        for one, other in zip_longest(left, right, fillvalue=nothing)
    ]


class Painted(Widget):
    """A widget of a few lines, each painted from parts."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return strip(self.paint(y, width), self.rich_style, palette_of_app(self), width)


def palette_of_app(widget: Widget) -> Palette:
    """The palette that a widget is painted with."""
    return console_of(widget).palette


def strip(parts: Iterable[Part], base: Style, palette: Palette, width: int) -> Strip:
    """A line of exactly `width` cells. Neighbours of the same style are joined: each switch costs 40 bytes a line."""
    styles = palette.parts
    segments = [Segment(text, base + styles[part] if part else base) for text, part in parts]
    return Strip(segments).adjust_cell_length(width, base).simplify()
