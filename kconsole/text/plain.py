"""Any text in ASCII, cell for cell, for terminals that can show nothing else. The one table of characters is here.

Drawings keep their shape: lines, arrows and the parts of the gauge have distinct characters. Letters lose their
accents. What has no likeness becomes a question mark for each of its cells, so that columns stay aligned.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from kconsole.text.columns import cell_width
from kconsole.text.gauge import ASCII_GLYPHS, GLYPHS

LIKENESS: Final = {
    **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺╼╾▔▀⎯", "-"),
    **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻╽╿▏▎▍▊▋▉▐▕", "|"),
    **dict.fromkeys("╭╮╯╰┌┐└┘┏┓┗┛╔╗╚╝├┤┬┴┼┣┫┳┻╋╠╣╦╩╬▖▗▘▙▚▛▜▝▞▟", "+"),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃", "-"),
    **dict.fromkeys("▅▆", "="),
    **dict.fromkeys("▇■▪◼", "#"),
    **dict.fromkeys("–—‐‑‒−·‧∙", "-"),
    **dict.fromkeys("▸▶►→›»", ">"),
    **dict.fromkeys("◂◀◄←‹«", "<"),
    **dict.fromkeys("▲△▴↑", "^"),
    **dict.fromkeys("▼▽▾↓", "v"),
    **dict.fromkeys("●○◉◌•★☆✓✔×", "*"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("…↔", "~"),
    **dict(zip("øØłŁđĐðÐħĦŧŦıßæÆœŒþÞ", "oOlLdDdDhHtTisaAoOtT", strict=True)),
    **{GLYPHS[part]: ASCII_GLYPHS[part] for part in GLYPHS},
}
"""The ASCII character for one of one cell, except letters that only have accents."""

UNLIKE: Final = "?"
"""The character for a cell of anything else."""

Width = Callable[[str], int]


def in_ascii(text: str, width: Width = cell_width) -> str:
    """One line in ASCII, as many cells wide as before by this measure."""
    if text.isascii():
        return text
    plain = "".join(character if character.isascii() else _likeness(character, width) for character in text)
    cells = width(text)
    if len(plain) == cells:
        return plain
    # Some characters are wider or narrower in company: a heart followed by a selector, two emoji that are joined.
    return plain[:cells].ljust(cells, UNLIKE)


@lru_cache(4096)
def _likeness(character: str, width: Width) -> str:
    cells = max(width(character), 0)
    sign = LIKENESS.get(character, "")
    if len(sign) == cells:
        return sign
    letters = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    is_shown = letters.isascii() and letters.isprintable() and len(letters) == cells
    return letters if is_shown else UNLIKE * cells
