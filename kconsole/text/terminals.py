"""What a terminal can show, by its environment alone: the terminal itself is not queried.

An answer would take a round trip before the first picture, and some terminals never answer. The stream that counts is
standard error, since the screen is drawn on it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from kconsole.text.safe_text import safe_text

Colours = Literal["truecolor", "256", "16", "none"]
Multiplexer = Literal["", "tmux", "screen"]
Background = Literal["", "dark", "light"]

PLAIN_VARIABLE: Final = "ACCESSIBLE"
"""The environment variable that asks programs for lines in place of a screen; other programs know it, too."""

ASCII_VARIABLE: Final = "KCONSOLE_ASCII"
"""The environment variable that asks for ASCII, or allows more."""

_NOT_DRAWABLE: Final = (
    r"dumb|unknown|network|dialup|glasstty|emacs|su|lpr|printer|vt5[0-9]\b.*|adm\w*|wy\w+|tvi\w*|hp\w*|ibm327\w*"
)
"""Terminals without a movable cursor, or with other than the common (ANSI) sequences for it."""

_MONOCHROME: Final = r"vt(?!525)\d+.*|.*-(m|mono|nocolor)"
_TRUECOLOR: Final = (
    r".*-(direct\d*|truecolor)|(xterm-)?(kitty|ghostty)|alacritty.*|foot.*|wezterm.*|iterm.*|contour.*|rio.*"
)
_NEVER_TRUECOLOR: Final = r"linux.*|vt\d+.*|cons25.*|screen.*"
_BARE: Final = r"linux.*|vt\d+.*|cons25.*"
"""Consoles whose fonts lack most characters."""

_TRUECOLOR_PROGRAMS: Final = ("iterm.app", "wezterm", "ghostty", "vscode", "rio", "kitty")
_NO: Final = ("0", "false", "no", "off")
_LONGEST_VALUE: Final = 40
_CONFIGURED: Final = "set in the configuration file"


@dataclass(frozen=True, slots=True)
class TerminalProfile:
    """What the terminal can show, with the reasons."""

    colours: Colours = "truecolor"
    """How many colours it has; "none" also if the user wants none."""
    ascii_only: bool = False
    is_drawable: bool = True
    """Whether the cursor can be moved, so that a screen can be drawn."""
    multiplexer: Multiplexer = ""
    over_ssh: bool = False
    encoding: str = "utf-8"
    """The encoding of the stream that is drawn on."""
    background: Background = ""
    """The background that the terminal reports; most report none."""
    reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The reason for each field, by the field's name. Safe to show."""


def profile_of(
    environment: Mapping[str, str],
    encoding: str,
    ascii_only: bool | None = None,
    colours: Colours | Literal[""] = "",
    usual_ascii: bool | None = None,
    usual_colours: Colours | Literal[""] = "",
) -> TerminalProfile:
    """The profile of the terminal that a program with this environment draws on.

    Args:
        environment: the environment variables.
        encoding: of standard error, as Python has it. In the C locale, Python has made it UTF-8 already.
        ascii_only: the option of this start.
        colours: the option of this start.
        usual_ascii: the user's configuration; the environment takes precedence.
        usual_colours: the user's configuration; NO_COLOR takes precedence.
    """
    term = environment.get("TERM", "").strip().lower()
    multiplexer, why_multiplexer = _multiplexer(environment, term)
    if colours:
        why_colours = "asked for with --colours"
    elif environment.get("NO_COLOR"):
        colours, why_colours = "none", "NO_COLOR is set"
    elif usual_colours:
        colours, why_colours = usual_colours, _CONFIGURED
    else:
        colours, why_colours = _colours(environment, term, multiplexer)
    only_ascii, why_ascii = _only_ascii(environment, term, encoding, ascii_only, usual_ascii)
    session = next((name for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT") if environment.get(name)), "")
    background = _background(environment.get("COLORFGBG", ""))
    reasons = {
        "colours": why_colours,
        "ascii_only": why_ascii,
        "is_drawable": _setting(environment, "TERM"),
        "multiplexer": why_multiplexer,
        "over_ssh": f"{session} is set" if session else "",
        "encoding": "of standard error",
        "background": _setting(environment, "COLORFGBG") if background else "",
    }
    drawable = bool(term) and not re.fullmatch(_NOT_DRAWABLE, term)
    shown = MappingProxyType(reasons)
    return TerminalProfile(colours, only_ascii, drawable, multiplexer, bool(session), encoding, background, shown)


def first_theme(profile: TerminalProfile, asked: str = "", kept: str = "", usual: str = "") -> tuple[str, str]:
    """The first theme: by an option, the last choice on the screen or the configuration. And the reason."""
    if profile.colours == "none":
        return "terminal", "there are no colours"  # our own themes mark the cursor's row by its colour
    for name, reason in (asked, "asked for with --theme"), (kept, "chosen on the screen"), (usual, _CONFIGURED):
        if name:
            return name, reason
    if profile.colours == "16":
        return "terminal", "ours need more than 16 colours"
    if profile.background == "light":
        return "kconsole-light", profile.reasons.get("background", "")
    return "kconsole", "the usual one"


def is_utf8(encoding: str) -> bool:
    """Whether a stream of this encoding takes every character."""
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf8")


def wants_lines(environment: Mapping[str, str]) -> bool:
    """Whether the environment asks programs for lines that are only added, as for a screen reader."""
    return environment.get(PLAIN_VARIABLE, "").strip().lower() not in ("", *_NO)


def why_plain(
    environment: Mapping[str, str], profile: TerminalProfile, is_asked: bool = False, usual: bool = False
) -> str:
    """Why the console is the plain one; empty if it is not.

    Args:
        environment: the environment variables.
        profile: the terminal: one that cannot be drawn on still has lines.
        is_asked: the option of this start.
        usual: the user's configuration; the environment takes precedence.
    """
    if is_asked:
        return "asked for with --plain"
    if environment.get(PLAIN_VARIABLE, "").strip():
        return f"{PLAIN_VARIABLE} is set" if wants_lines(environment) else ""
    if usual:
        return _CONFIGURED
    return cannot_draw_words(profile)


def cannot_draw_words(profile: TerminalProfile) -> str:
    """That no screen can be drawn, and why; empty if it can."""
    return "" if profile.is_drawable else f"this terminal cannot draw a screen: {profile.reasons['is_drawable']}"


def asks_for_ascii(environment: Mapping[str, str]) -> bool | None:
    """What the environment says about ASCII; None if it says nothing."""
    value = environment.get(ASCII_VARIABLE, "").strip().lower()
    return None if not value else value not in _NO


def _multiplexer(environment: Mapping[str, str], term: str) -> tuple[Multiplexer, str]:
    names: tuple[tuple[Multiplexer, str], ...] = (("tmux", "TMUX"), ("screen", "STY"))
    for name, variable in names:
        if environment.get(variable):
            return name, f"{variable} is set"
        if term.startswith(name):
            return name, _setting(environment, "TERM")
    return "", ""


def _colours(environment: Mapping[str, str], term: str, multiplexer: Multiplexer) -> tuple[Colours, str]:
    by_term = _setting(environment, "TERM")
    if not term or re.fullmatch(_NOT_DRAWABLE, term) or re.fullmatch(_MONOCHROME, term):
        return "none", by_term
    never = re.fullmatch(_NEVER_TRUECOLOR, term) if multiplexer != "tmux" else None
    if never is None and multiplexer != "screen":
        if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
            return "truecolor", _setting(environment, "COLORTERM")
        if re.fullmatch(_TRUECOLOR, term):
            return "truecolor", by_term
        if not multiplexer and environment.get("TERM_PROGRAM", "").strip().lower() in _TRUECOLOR_PROGRAMS:
            return "truecolor", _setting(environment, "TERM_PROGRAM")
        if not multiplexer and environment.get("WT_SESSION"):
            return "truecolor", "WT_SESSION is set"
    # A terminal that names itself by a program with true colour has 256 inside GNU screen.
    if "256color" in term or re.fullmatch(_TRUECOLOR, term):
        return "256", by_term
    return "16", by_term


def _only_ascii(
    environment: Mapping[str, str], term: str, encoding: str, asked: bool | None, usual: bool | None
) -> tuple[bool, str]:
    if not is_utf8(encoding):
        # Python writes an escape of several signs for what such a stream cannot take, and no line would keep its width.
        return True, f"the encoding is {safe_text(encoding, _LONGEST_VALUE)}"
    if asked is not None:
        return asked, "asked for with --ascii" if asked else "asked for"
    wanted = asks_for_ascii(environment)
    if wanted is not None:
        return wanted, _setting(environment, ASCII_VARIABLE)
    if usual is not None:
        return usual, _CONFIGURED
    if re.fullmatch(_BARE, term):
        return True, _setting(environment, "TERM")
    return False, f"the encoding is {safe_text(encoding, _LONGEST_VALUE)}"


def _background(value: str) -> Background:
    """Light or dark by COLORFGBG ("15;0", "0;default;15"): the last number is the background."""
    number = value.rpartition(";")[2]
    if not number.isascii() or not number.isdecimal() or len(number) > 2:
        return ""
    return "light" if int(number) in (7, *range(9, 16)) else "dark"


def _setting(environment: Mapping[str, str], name: str) -> str:
    if name not in environment:
        return f"{name} is not set"
    return f"{name}={safe_text(environment[name], _LONGEST_VALUE)}"
