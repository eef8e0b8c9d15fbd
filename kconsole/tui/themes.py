"""The themes: three with our own colours, and one with the colours of the terminal.

In ours, every text has a contrast of at least 4.5 to 1 with its background, the row of the cursor included, and of 7 to
1 in the high-contrast theme; with 256 colours, too. The palette of the terminal is not known: that theme uses its plain
foreground for nearly everything, and attributes where ours have shades.
"""

from textual.theme import Theme

from kconsole.text.terminals import TerminalProfile
from kconsole.tui.styles import REVERSED

DARK = Theme(
    name="kconsole",
    primary="#6cb6f0",
    secondary="#98a6ba",
    accent="#f2c14e",
    warning="#f2a65a",
    error="#f08790",
    success="#7bc47f",
    foreground="#d7dde5",
    background="#11151b",
    surface="#171c24",
    panel="#222a35",
    dark=True,
    variables={
        "border": "#3b4656",
        "text-muted": "#98a6ba",
        "cursor": "#1f2e6b",
        "block-cursor-blurred-background": "#1f2e6b",
        "block-cursor-blurred-foreground": "#d7dde5",
        "block-cursor-blurred-text-style": "bold",
    },
)

LIGHT = Theme(
    name="kconsole-light",
    primary="#0b5394",
    secondary="#4a5663",
    accent="#6e4300",
    warning="#8a2f00",
    error="#a4161a",
    success="#1b5e20",
    foreground="#1c2128",
    background="#ffffff",
    surface="#f4f6f8",
    panel="#e6eaef",
    dark=False,
    variables={
        "border": "#9aa5b1",
        "text-muted": "#4a5663",
        "cursor": "#cfe2f5",
        "block-cursor-blurred-background": "#cfe2f5",
        "block-cursor-blurred-foreground": "#1c2128",
        "block-cursor-blurred-text-style": "bold",
    },
)

CONTRAST = Theme(
    name="kconsole-contrast",
    primary="#00ffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffd75f",
    error="#ffafaf",
    success="#87ff87",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
    variables={
        "border": "#ffffff",
        "text-muted": "#ffffff",
        "cursor": REVERSED,
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#000000",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-text-style": "bold reverse",
        "input-selection-background": "#ffff00",
        "input-selection-foreground": "#000000",
    },
)


def terminal_theme(light: bool) -> Theme:
    """The terminal's own colours.

    Args:
        light: whether its background is light, on which yellow and bright colours cannot be read.
    """
    return Theme(
        name="terminal",
        ansi=True,
        primary="ansi_blue" if light else "ansi_bright_blue",
        secondary="ansi_default",
        accent="ansi_magenta" if light else "ansi_bright_magenta",
        warning="ansi_magenta" if light else "ansi_yellow",
        error="ansi_red" if light else "ansi_bright_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        dark=not light,
        variables={
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "border": "ansi_default",
            "border-blurred": "ansi_default",
            "text-muted": "ansi_default",
            "text-disabled": "ansi_default",
            "cursor": REVERSED,
            "block-cursor-foreground": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-text-style": "bold reverse",
            "block-cursor-blurred-text-style": "bold",
            "input-cursor-foreground": "ansi_default",
            "input-cursor-background": "ansi_default",
            "input-cursor-text-style": "reverse",
            "input-selection-foreground": "ansi_default",
            "input-selection-background": "ansi_default",
            "scrollbar": "ansi_default",
            "scrollbar-hover": "ansi_default",
            "scrollbar-active": "ansi_default",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )


def themes_for(profile: TerminalProfile) -> dict[str, Theme]:
    """The themes that a terminal offers, by name."""
    themes = (DARK, LIGHT, CONTRAST, terminal_theme(profile.background == "light"))
    return {theme.name: theme for theme in themes}
