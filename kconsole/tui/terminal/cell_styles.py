"""Colours and attributes, and the sequences that switch a terminal to them."""

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
"""Attributes. The console uses none that blink or hide text."""

_ATTRIBUTES: Final = {
    BOLD: ("bold", "1", "22"),
    DIM: ("dim", "2", "22"),
    ITALIC: ("italic", "3", "23"),
    UNDERLINE: ("underline", "4", "24"),
    REVERSE: ("reverse", "7", "27"),
    STRIKE: ("strike", "9", "29"),
}
"""Their names in Rich, and the codes that switch them on and off."""
_SHOWN: Final = sum(_ATTRIBUTES)
_SHOWN_BY_OLD: Final = BOLD | UNDERLINE | REVERSE
"""Those of a VT100."""
_ON_BLANKS: Final = UNDERLINE | REVERSE | STRIKE
"""Those that are visible on a blank."""


class CellStyle(NamedTuple):
    """How a cell is written."""

    attributes: int = 0
    colour: str = ""
    """Parameters of the sequence; empty for the terminal's own colour."""
    background: str = ""


class CellStyles:
    """The styles of one terminal, each with a number (0 is plain), and the shortest sequence from one to another.

    Args:
        colours: how many colours the terminal has.
        is_old: whether the terminal has few attributes, and can only switch all of them off together.
    """

    def __init__(self, colours: Colours, is_old: bool = False) -> None:
        self._system = COLOUR_SYSTEMS[colours]
        self._is_old = is_old
        self._shown = _SHOWN_BY_OLD if is_old else _SHOWN
        self._cell_styles: list[CellStyle] = []
        self._numbers: dict[CellStyle, int] = {}
        self._of_style: dict[Style, int] = {}
        self._switches: dict[tuple[int, int], str] = {}
        self.blank: list[int] = []
        """For each style, the simplest one that looks the same on a blank."""
        self._number(CellStyle())

    def of(self, style: Style | None) -> int:
        if style is None:
            return 0
        if (number := self._of_style.get(style)) is None:
            number = self._of_style[style] = self._number(self._cell_style(style))
        return number

    def is_plain(self, number: int) -> bool:
        """Whether a style has no attributes, only colours."""
        return not self._cell_styles[number].attributes

    def switch(self, start: int, end: int) -> str:
        """The sequence that switches from one style to another; empty if they are the same."""
        if start == end:
            return ""
        if (known := self._switches.get((start, end))) is None:
            known = self._switches[start, end] = self._switch(self._cell_styles[start], self._cell_styles[end])
        return known

    def _cell_style(self, style: Style) -> CellStyle:
        attributes = sum(bit for bit, (name, _, _) in _ATTRIBUTES.items() if bit & self._shown and getattr(style, name))
        if self._system is None:
            return CellStyle(attributes)
        colour, background = _parameters(style.color, self._system), _parameters(style.bgcolor, self._system, False)
        return CellStyle(attributes, colour, background)

    def _number(self, cell_style: CellStyle) -> int:
        number = self._numbers.get(cell_style)
        if number is None:
            number = self._numbers[cell_style] = len(self._cell_styles)
            self._cell_styles.append(cell_style)
            self.blank.append(number)
            if not cell_style.attributes & _ON_BLANKS:
                self.blank[number] = self._number(CellStyle(background=cell_style.background))
        return number

    def _switch(self, start: CellStyle, end: CellStyle) -> str:
        from_plain = ";".join(["", *_switched_on(end.attributes), *filter(None, (end.colour, end.background))])
        if self._is_old:
            return f"\x1b[{from_plain}m"
        off = start.attributes & ~end.attributes
        on = end.attributes & ~start.attributes
        if off & (BOLD | DIM):  # one code switches off both
            on |= end.attributes & (BOLD | DIM)
        steps = [*dict.fromkeys(code for bit, (_, _, code) in _ATTRIBUTES.items() if off & bit), *_switched_on(on)]
        if start.colour != end.colour:
            steps.append(end.colour or "39")
        if start.background != end.background:
            steps.append(end.background or "49")
        stepwise = ";".join(steps)
        return f"\x1b[{min(stepwise, from_plain, key=len)}m"


def _switched_on(attributes: int) -> list[str]:
    return [code for bit, (_, code, _) in _ATTRIBUTES.items() if attributes & bit]


def _parameters(colour: Color | None, system: ColorSystem, foreground: bool = True) -> str:
    if colour is None or colour.is_default:
        return ""
    return ";".join(colour.downgrade(system).get_ansi_codes(foreground))
