"""The themes: three with our own colours, and one with the colours of the terminal.

In ours, every text has a contrast of at least 4.5 to 1 with its background, the row of the cursor included, and of 7 to
1 in the high-contrast theme; with 256 colours, too. Only what lies behind a dialog has less, but not in that theme. The
palette of the terminal is not known: its theme uses the plain foreground for nearly everything, and attributes where
ours have shades.
"""

from typing import Any, Final

from textual.theme import Theme

from kconsole.text.terminals import TerminalProfile
from kconsole.tui.styles import REVERSED

_OWN: Final = "ansi_default"
"""The terminal's own foreground or background."""

# fmt: off
_COLOURS: Final = {
    #                dark       light      contrast   terminal: dark       light
    "primary":     ("#6cb6f0", "#0b5394", "#00ffff", "ansi_bright_blue", "ansi_blue"),
    "secondary":   ("#98a6ba", "#4a5663", "#ffffff", _OWN, _OWN),
    "accent":      ("#f2c14e", "#6e4300", "#ffff00", "ansi_bright_magenta", "ansi_magenta"),
    "warning":     ("#f2a65a", "#8a2f00", "#ffd75f", "ansi_yellow", "ansi_magenta"),  # yellow on white is not readable
    "error":       ("#f08790", "#a4161a", "#ffafaf", "ansi_bright_red", "ansi_red"),
    "success":     ("#7bc47f", "#1b5e20", "#87ff87", "ansi_green", "ansi_green"),
    "foreground":  ("#d7dde5", "#1c2128", "#ffffff", _OWN, _OWN),
    "background":  ("#11151b", "#ffffff", "#000000", _OWN, _OWN),
    "surface":     ("#171c24", "#f4f6f8", "#000000", _OWN, _OWN),
    "panel":       ("#222a35", "#e6eaef", "#000000", _OWN, _OWN),
    "border":      ("#3b4656", "#9aa5b1", "#ffffff", _OWN, _OWN),
    "behind":      ("#626d7c", "#929ca7", "#9a9a9a", _OWN, _OWN),
    "button":      ("#3a4149", "#ccd4dd", "#3a3a3a", _OWN, _OWN),
    "final":       ("#5a1e24", "#f3cfd0", "#5f0000", _OWN, _OWN),
    "cursor":      ("#1f2e6b", "#cfe2f5", REVERSED, REVERSED, REVERSED),
}
# fmt: on


def _theme(name: str, place: int, dark: bool, ansi: bool = False, **variables: str) -> Theme:
    """The theme of a column of the table, with its own values of Textual's variables."""
    colours: dict[str, Any] = {role: columns[place] for role, columns in _COLOURS.items()}
    border, behind, button, final, cursor = map(colours.pop, ("border", "behind", "button", "final", "cursor"))
    blurred = {"background": cursor, "foreground": colours["foreground"]} if not ansi else {}
    variables = {
        "border": border,
        "behind": behind,
        "button": button,
        "button-final": final,
        "cursor": cursor,
        "text-muted": colours["secondary"],
        "block-cursor-blurred-text-style": "bold",
        **{f"block-cursor-blurred-{ground}": colour for ground, colour in blurred.items()},
        **{variable.replace("_", "-"): value for variable, value in variables.items()},
    }
    return Theme(name, dark=dark, ansi=ansi, boost=_OWN if ansi else None, variables=variables, **colours)


DARK: Final = _theme("kconsole", 0, dark=True)
LIGHT: Final = _theme("kconsole-light", 1, dark=False)
CONTRAST: Final = _theme(
    "kconsole-contrast",
    2,
    dark=True,
    block_cursor_background="#ffff00",
    block_cursor_foreground="#000000",
    block_cursor_blurred_background="#000000",
    block_cursor_blurred_text_style="bold reverse",
    input_selection_background="#ffff00",
    input_selection_foreground="#000000",
)

_TERMINAL_OWN: Final = (
    "ansi_background ansi_foreground border_blurred text_disabled block_cursor_foreground block_cursor_background "
    "input_cursor_foreground input_cursor_background input_selection_foreground input_selection_background scrollbar "
    "scrollbar_hover scrollbar_active scrollbar_background scrollbar_background_hover scrollbar_background_active"
)
"""The variables that are the terminal's own colours in its theme."""


def terminal_theme(light: bool) -> Theme:
    """The terminal's own colours, on its dark or light background."""
    return _theme(
        "terminal",
        4 if light else 3,
        dark=not light,
        ansi=True,
        **dict.fromkeys(_TERMINAL_OWN.split(), _OWN),
        block_cursor_text_style="bold reverse",
        input_cursor_text_style="reverse",
    )


def themes_for(profile: TerminalProfile) -> dict[str, Theme]:
    """The themes that a terminal offers, by name."""
    themes = (DARK, LIGHT, CONTRAST, terminal_theme(profile.background == "light"))
    return {theme.name: theme for theme in themes}
