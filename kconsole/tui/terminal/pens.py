"""Colours and attributes as the sequences that switch a terminal to them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

from kconsole.text.terminals import Colours

COLOUR_SYSTEMS: Final[Mapping[Colours, ColorSystem | None]] = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "16": ColorSystem.STANDARD,
    "none": None,
}

BOLD, DIM, ITALIC, UNDERLINE, REVERSE, STRIKE = (1 << bit for bit in range(6))
"""Attributes. What blinks or hides is not written: the console has no such thing."""

_NAMES: Final = {
    BOLD: "bold",
    DIM: "dim",
    ITALIC: "italic",
    UNDERLINE: "underline",
    REVERSE: "reverse",
    STRIKE: "strike",
}
_ON: Final = {BOLD: "1", DIM: "2", ITALIC: "3", UNDERLINE: "4", REVERSE: "7", STRIKE: "9"}
_OFF: Final = {BOLD: "22", DIM: "22", ITALIC: "23", UNDERLINE: "24", REVERSE: "27", STRIKE: "29"}
_SHOWN: Final = sum(_ON)
_SHOWN_BY_OLD: Final = BOLD | UNDERLINE | REVERSE
"""What a VT100 has."""
_ON_BLANKS: Final = UNDERLINE | REVERSE | STRIKE
"""Attributes that a blank shows."""


class Pen(NamedTuple):
    """What letters are written with."""

    attributes: int = 0
    colour: str = ""
    """Parameters of the sequence; empty for the terminal's own colour."""
    background: str = ""


class Pens:
    """The pens of one terminal, each by a number (0 is the plain one), and the shortest way from one to another.

    Args:
        colours: how many colours are written with.
        is_old: whether the terminal has few attributes, and can only switch all of them off together.
    """

    def __init__(self, colours: Colours, is_old: bool = False) -> None:
        self._system = COLOUR_SYSTEMS[colours]
        self._is_old = is_old
        self._shown = _SHOWN_BY_OLD if is_old else _SHOWN
        self._pens: list[Pen] = []
        self._numbers: dict[Pen, int] = {}
        self._of_style: dict[Style, int] = {}
        self._ways: dict[tuple[int, int], str] = {}
        self.blank: list[int] = []
        """For each pen the one that leaves the same trace when a blank is written with it."""
        self._number(Pen())

    def of(self, style: Style | None) -> int:
        """The pen for a style."""
        if style is None:
            return 0
        number = self._of_style.get(style)
        if number is None:
            number = self._of_style[style] = self._number(self._pen(style))
        return number

    def way(self, start: int, end: int) -> str:
        """The sequence that switches from one pen to another; empty if they are the same."""
        if start == end:
            return ""
        known = self._ways.get((start, end))
        if known is None:
            known = self._ways[start, end] = self._way(self._pens[start], self._pens[end])
        return known

    def _pen(self, style: Style) -> Pen:
        attributes = sum(bit for bit, name in _NAMES.items() if bit & self._shown and getattr(style, name))
        if self._system is None:
            return Pen(attributes)
        return Pen(attributes, _parameters(style.color, self._system), _parameters(style.bgcolor, self._system, False))

    def _number(self, pen: Pen) -> int:
        number = self._numbers.get(pen)
        if number is None:
            number = self._numbers[pen] = len(self._pens)
            self._pens.append(pen)
            self.blank.append(number)
            if not pen.attributes & _ON_BLANKS:
                self.blank[number] = self._number(Pen(background=pen.background))
        return number

    def _way(self, start: Pen, end: Pen) -> str:
        afresh = ";".join(["", *_switched_on(end.attributes), *filter(None, (end.colour, end.background))])
        if self._is_old:
            return f"\x1b[{afresh}m"
        off = start.attributes & ~end.attributes
        on = end.attributes & ~start.attributes
        if off & (BOLD | DIM):  # one switch for both
            on |= end.attributes & (BOLD | DIM)
        steps = [*dict.fromkeys(code for bit, code in _OFF.items() if off & bit), *_switched_on(on)]
        if start.colour != end.colour:
            steps.append(end.colour or "39")
        if start.background != end.background:
            steps.append(end.background or "49")
        stepwise = ";".join(steps)
        return f"\x1b[{min(stepwise, afresh, key=len)}m"


def _switched_on(attributes: int) -> list[str]:
    return [code for bit, code in _ON.items() if attributes & bit]


def _parameters(colour: Color | None, system: ColorSystem, foreground: bool = True) -> str:
    if colour is None or colour.is_default:
        return ""
    return ";".join(colour.downgrade(system).get_ansi_codes(foreground))
