"""What a terminal can show, by its environment."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.operations.appearance import COLOURS, THEMES
from kconsole.text.safe_text import safe_text
from kconsole.text.terminals import TerminalProfile, asks_for_ascii, first_theme, is_utf8, profile_of

FULL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def seen(encoding: str = "utf-8", **environment: str) -> TerminalProfile:
    return profile_of(environment, encoding)


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, "truecolor"),
        ({"TERM": "xterm", "COLORTERM": " TrueColor "}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "yes"}, "256"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm-direct256"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "xterm-ghostty"}, "truecolor"),
        ({"TERM": "alacritty"}, "truecolor"),
        ({"TERM": "foot-extra"}, "truecolor"),
        ({"TERM": "wezterm"}, "truecolor"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "truecolor"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "256"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "rxvt"}, "16"),
        ({"TERM": "ansi"}, "16"),
        ({"TERM": "cygwin"}, "16"),
        ({"TERM": "of-tomorrow"}, "16"),
        # tmux shows what it is given, in the colours that the terminal behind it has
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/t,1,0"}, "truecolor"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/t,1,0"}, "truecolor"),
        ({"TERM": "tmux-direct"}, "truecolor"),
        ({"TERM": "screen", "TMUX": "/tmp/t,1,0", "TERM_PROGRAM": "vscode"}, "16"),
        # GNU screen and bare consoles have no true colour, whatever is left over in the environment
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "xterm-kitty", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "vt525"}, "16"),
        ({"TERM": "vt100", "COLORTERM": "truecolor"}, "none"),
        ({"TERM": "vt102"}, "none"),
        ({"TERM": "vt220-w"}, "none"),
        ({"TERM": "xterm-mono"}, "none"),
        ({"TERM": "linux-m"}, "none"),
        ({"TERM": "dumb"}, "none"),
        ({}, "none"),
        ({**FULL, "NO_COLOR": "1"}, "none"),
        ({**FULL, "NO_COLOR": "0"}, "none"),
        ({**FULL, "NO_COLOR": ""}, "truecolor"),
    ],
)
def test_colours(environment: dict[str, str], colours: str) -> None:
    profile = profile_of(environment, "utf-8")
    assert profile.colours == colours
    assert profile.reasons["colours"]


@pytest.mark.parametrize("term", ["", "  ", "dumb", "DUMB", "unknown", "network", "emacs", "vt52", "adm3a", "wy50"])
def test_where_no_screen_can_be_drawn(term: str) -> None:
    profile = seen(TERM=term)
    assert (profile.is_drawable, profile.colours) == (False, "none")
    assert not seen().is_drawable
    assert seen().reasons["is_drawable"] == "TERM is not set"


@pytest.mark.parametrize("term", ["xterm", "vt100", "vt510", "linux", "screen", "tmux-256color", "eterm-color", "sun"])
def test_where_it_can(term: str) -> None:
    assert seen(TERM=term).is_drawable


@pytest.mark.parametrize(
    ("encoding", "environment", "only"),
    [
        ("utf-8", {"TERM": "xterm"}, False),
        ("UTF8", {"TERM": "xterm"}, False),
        ("latin-1", {"TERM": "xterm"}, True),
        ("ISO-8859-1", {"TERM": "xterm", "KCONSOLE_ASCII": "0"}, True),
        ("ascii", {"TERM": "xterm"}, True),
        ("utf-8", {"TERM": "xterm", "KCONSOLE_ASCII": "1"}, True),
        ("utf-8", {"TERM": "xterm", "KCONSOLE_ASCII": "yes"}, True),
        ("utf-8", {"TERM": "xterm", "KCONSOLE_ASCII": "0"}, False),
        ("utf-8", {"TERM": "xterm", "KCONSOLE_ASCII": "False"}, False),
        ("utf-8", {"TERM": "xterm", "KCONSOLE_ASCII": ""}, False),
        ("utf-8", {"TERM": "linux"}, True),
        ("utf-8", {"TERM": "vt100"}, True),
        ("utf-8", {"TERM": "linux", "KCONSOLE_ASCII": ""}, True),
        ("utf-8", {"TERM": "linux", "KCONSOLE_ASCII": "0"}, False),
    ],
)
def test_ascii(encoding: str, environment: dict[str, str], only: bool) -> None:
    assert profile_of(environment, encoding).ascii_only is only


def test_what_is_asked_for_goes_before_the_environment_and_that_before_the_configuration() -> None:
    plain = {"TERM": "xterm", "KCONSOLE_ASCII": "0"}
    assert profile_of(plain, "utf-8", ascii_only=True).ascii_only
    assert not profile_of(plain, "utf-8", usual_ascii=True).ascii_only
    assert profile_of({"TERM": "xterm"}, "utf-8", usual_ascii=True).ascii_only
    assert not profile_of({"TERM": "linux"}, "utf-8", usual_ascii=False).ascii_only
    assert profile_of({"TERM": "xterm"}, "latin-1", ascii_only=False, usual_ascii=False).ascii_only
    assert profile_of({**FULL, "NO_COLOR": "1"}, "utf-8", colours="16").colours == "16"
    assert profile_of({**FULL, "NO_COLOR": "1"}, "utf-8", usual_colours="16").colours == "none"
    assert profile_of(FULL, "utf-8", usual_colours="256").colours == "256"


@pytest.mark.parametrize(
    ("environment", "multiplexer"),
    [
        ({"TERM": "xterm"}, ""),
        ({"TERM": "screen", "TMUX": "/tmp/t,1,0"}, "tmux"),
        ({"TERM": "tmux-256color"}, "tmux"),
        ({"TERM": "screen-256color"}, "screen"),
        ({"TERM": "xterm", "STY": "12.pts-1.host"}, "screen"),
        ({"TERM": "xterm", "TMUX": "", "STY": ""}, ""),
    ],
)
def test_what_sits_in_between(environment: dict[str, str], multiplexer: str) -> None:
    assert profile_of(environment, "utf-8").multiplexer == multiplexer


def test_an_ssh_line_is_known_by_its_variables() -> None:
    assert not seen(TERM="xterm").over_ssh
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        profile = profile_of({"TERM": "xterm", name: "1"}, "utf-8")
        assert profile.over_ssh
        assert profile.reasons["over_ssh"] == f"{name} is set"


@pytest.mark.parametrize(
    ("reported", "background"),
    [("15;0", "dark"), ("0;15", "light"), ("0;default;7", "light"), ("0;8", "dark"), ("", ""), ("0;default", ""),
     ("0;²", ""), ("0;99999999999999999999", ""), (";", "")],
)  # fmt: skip
def test_the_background_is_what_the_terminal_says(reported: str, background: str) -> None:
    assert seen(TERM="xterm", COLORFGBG=reported).background == background


@given(st.dictionaries(
    st.sampled_from(["TERM", "COLORTERM", "TMUX", "STY", "COLORFGBG", "KCONSOLE_ASCII", "TERM_PROGRAM", "NO_COLOR"]),
    st.text(),
), st.text())  # fmt: skip
def test_no_environment_does_harm(environment: dict[str, str], encoding: str) -> None:
    profile = profile_of(environment, encoding)
    assert profile.colours in COLOURS
    assert set(profile.reasons) == {
        "colours", "ascii_only", "is_drawable", "multiplexer", "over_ssh", "encoding", "background",
    }  # fmt: skip
    assert all(safe_text(reason) == reason for reason in profile.reasons.values())
    assert not profile.is_drawable or environment["TERM"].strip()


def test_encodings_that_take_everything() -> None:
    assert is_utf8("utf-8")
    assert is_utf8("UTF_8")
    assert not is_utf8("utf-16")
    assert not is_utf8("cp1252")
    assert asks_for_ascii({}) is None


@pytest.mark.parametrize(
    ("profile", "choices", "theme"),
    [
        ({}, {}, "kconsole"),
        ({"colours": "256"}, {}, "kconsole"),
        ({"colours": "16"}, {}, "terminal"),
        ({"background": "light"}, {}, "kconsole-light"),
        ({"background": "light", "colours": "16"}, {}, "terminal"),
        ({}, {"usual": "kconsole-light"}, "kconsole-light"),
        ({}, {"usual": "kconsole-light", "kept": "terminal"}, "terminal"),
        ({"colours": "16"}, {"kept": "kconsole"}, "kconsole"),
        ({}, {"usual": "terminal", "kept": "terminal", "asked": "kconsole-contrast"}, "kconsole-contrast"),
        ({"colours": "none"}, {"asked": "kconsole"}, "terminal"),
    ],
)
def test_the_theme_to_begin_with(profile: dict[str, Any], choices: dict[str, str], theme: str) -> None:
    name, reason = first_theme(TerminalProfile(**profile), **choices)
    assert name == theme
    assert name in THEMES
    assert reason or profile.get("background")
