"""Terminals with few colours, signs or lines, and the themes."""

from typing import Final

from kconsole.text.terminals import TerminalProfile
from tests.tui.console import WIDE
from tests.tui.scenes.walks import TINY, Scene, Walk

WALKS: Final = (
    Walk(
        "office",
        (
            Scene("ascii", "Only ASCII.", ("j", "j")),
            Scene("ascii-confirm", "A question in ASCII.", (*"jjj", "d")),
        ),
        look={"profile": TerminalProfile(ascii_only=True)},
    ),
    Walk(
        "office",
        (
            Scene("main-tiny", "The main screen where there is little room.", (), (TINY,)),
            Scene("delete-many-tiny", "What deleting them means is in sight even there.", ("n", "*", "x"), (TINY,)),
        ),
        has_words=False,
    ),
    *(
        Walk(
            "office", (Scene(name, f"The theme {theme}.", ("j", "j"), (WIDE,)),), look={"theme": theme}, has_words=False
        )
        for name, theme in (("light", "kconsole-light"), ("contrast", "kconsole-contrast"), ("terminal", "terminal"))
    ),
    *(
        Walk("crisis", (Scene(name, what, ("j", " ")),), look=look, has_words=False)
        for name, what, look in (
            ("no-colours", "A terminal without colours.", {"profile": TerminalProfile(colours="none")}),
            (
                "vt100",
                "Neither colours nor more than ASCII.",
                {"profile": TerminalProfile(colours="none", ascii_only=True)},
            ),
            ("sixteen", "Sixteen colours.", {"profile": TerminalProfile(colours="16"), "theme": "terminal"}),
        )
    ),
)
