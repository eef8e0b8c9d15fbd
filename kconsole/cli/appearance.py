"""How the console looks in this terminal: by options, configuration, earlier choices, and the terminal itself."""

import os
import sys
from typing import NamedTuple

from kconsole.cli.context import CliContext
from kconsole.operations.preferences import Preferences, preferences_path
from kconsole.operations.settings import Settings, read_settings
from kconsole.text.terminals import TerminalProfile, first_theme, profile_of


class Appearance(NamedTuple):
    """How the console looks."""

    profile: TerminalProfile
    settings: Settings
    preferences: Preferences
    asked_theme: str
    """The theme of the command line; empty if it has none."""
    theme: str
    """The theme that is used."""
    theme_reason: str
    mouse: bool


def look_of(place: CliContext) -> Appearance:
    """How the console looks, by options, environment, configuration file and earlier choices."""
    settings, preferences = read_settings(), Preferences(preferences_path())
    profile = profile_of(
        os.environ,
        drawing_encoding(),
        ascii_only=place.ascii_only or None,
        colours=place.colours,
        usual_ascii=settings.ascii_only,
        usual_colours=settings.colours,
    )
    theme, reason = first_theme(profile, place.theme, preferences.theme, settings.theme)
    return Appearance(profile, settings, preferences, place.theme, theme, reason, place.mouse or settings.mouse)


def drawing_encoding() -> str:
    """The encoding of the stream that the screen is drawn on."""
    return sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"
