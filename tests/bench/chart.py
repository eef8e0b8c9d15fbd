"""A chart of bars as SVG, legible on light and dark pages: it brings a ground of its own."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final, NamedTuple

FONT: Final = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
WIDTH, PADDING, GAP = 880, 20, 32
NAMES: Final = 140
"""What the names take on the left of the bars."""

VALUES: Final = 66
"""What the values take at their right."""

ROW, BAR, HEADING, BELOW = 21, 13, 28, 10
TITLE: Final = 44
COLUMNS: Final = 2

STYLE: Final = """
    .ground { fill: #f6f8fa; stroke: #d0d7de; }
    text { fill: #1f2328; font-size: 12px; }
    .title { font-size: 15px; font-weight: 600; }
    .heading { font-weight: 600; }
    .name, .value { fill: #424a53; }
    .first { fill: #0f766e; font-weight: 600; }
    .other { fill: #9aa4af; }
    .track { fill: #e7ebef; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #161b22; stroke: #30363d; }
      text { fill: #e6edf3; }
      .name, .value { fill: #b1bac4; }
      .first { fill: #2dd4bf; }
      .other { fill: #6e7681; }
      .track { fill: #21262d; }
    }
"""


class Panel(NamedTuple):
    """Bars that are compared with each other."""

    heading: str
    values: Sequence[float | None]
    """One for each name; None where there is nothing to compare."""

    words: Callable[[float], str]
    is_logarithmic: bool = False
    """Whether the bars grow with the powers of ten, from the one below the least."""


def floor_of(panel: Panel) -> int:
    """The power of ten at which bars that grow with them begin."""
    return math.floor(math.log10(min(value for value in panel.values if value)) - 1e-9)


def shares(panel: Panel) -> list[float]:
    """How long its bars are, the longest being 1."""
    known = [value for value in panel.values if value]
    if not known:
        return [0.0 for _ in panel.values]
    if not panel.is_logarithmic:
        return [(value or 0) / max(known) for value in panel.values]
    floor = floor_of(panel)
    height = math.log10(max(known)) - floor
    return [(math.log10(value) - floor) / height if value else 0.0 for value in panel.values]


def chart(title: str, names: Sequence[str], panels: Sequence[Panel]) -> str:
    """The chart. The first name is the one that is looked at."""
    column_width = (WIDTH - 2 * PADDING - (COLUMNS - 1) * GAP) / COLUMNS
    panel_height = HEADING + ROW * len(names) + BELOW
    height = TITLE + math.ceil(len(panels) / COLUMNS) * panel_height + PADDING - BELOW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" font-family="{FONT}">',
        f"  <title>{escape(title)}</title>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        f'  <text class="title" x="{PADDING}" y="28">{escape(title)}</text>',
    ]
    for place, panel in enumerate(panels):
        left = PADDING + place % COLUMNS * (column_width + GAP)
        top = TITLE + place // COLUMNS * panel_height
        parts += _drawn(panel, names, left, top, column_width)
    return "\n".join([*parts, "</svg>", ""])


def _drawn(panel: Panel, names: Sequence[str], left: float, top: float, width: float) -> list[str]:
    room = width - NAMES - VALUES
    heading = panel.heading
    if panel.is_logarithmic and any(panel.values):
        heading += f", log scale from {panel.words(10.0 ** floor_of(panel))}"
    parts = [f'  <text class="heading" x="{left:g}" y="{top + 18:g}">{escape(heading)}</text>']
    for row, (name, value, share) in enumerate(zip(names, panel.values, shares(panel), strict=True)):
        middle, start = top + HEADING + ROW * row + BAR / 2, left + NAMES
        which = "other" if row else "first"
        parts += [
            f'  <text class="{"name" if row else "first"}" x="{left:g}" y="{middle + 4:g}">{escape(name)}</text>',
            f'  <rect class="track" x="{start:g}" y="{middle - BAR / 2:g}" width="{room:g}" height="{BAR}" rx="2"/>',
            f'  <rect class="{which}" x="{start:g}" y="{middle - BAR / 2:g}" width="{max(room * share, 1):.1f}" '
            f'height="{BAR}" rx="2"/>',
            f'  <text class="value" x="{start + room + 8:g}" y="{middle + 4:g}">'
            f"{escape('–' if value is None else panel.words(value))}</text>",
        ]
    return parts
