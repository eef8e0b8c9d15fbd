"""The user's configuration file: read once, never written.

Nothing in it can keep the console from starting: what cannot be taken is told, and the rest holds.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from kconsole.operations.appearance import COLOURS, THEMES, Colours
from kconsole.operations.user_files import folder_of, read_small, reason_of

CONFIG_VARIABLE: Final = "KCONSOLE_CONFIG"
"""The environment variable that names another configuration file."""

MOST_PROBLEMS: Final = 10
"""Problems that are told one by one; a file of another program would have hundreds."""

_LONGEST_VALUE: Final = 40


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration file says; without one, the defaults."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Other keys for commands, in `[keys]`: the command's name, and its keys separated by commas: `undo = "u,f9"`."""
    theme: str = ""
    """`theme`: the theme to begin with, until one is chosen on the screen; without it, one that fits the terminal."""
    ascii_only: bool | None = None
    """`ascii`: whether to draw with ASCII only; without it, what the terminal can."""
    colours: Colours | Literal[""] = ""
    """`colours`: "truecolor", "256", "16" or "none"; without it, what the terminal says itself."""
    mouse: bool = False
    """`mouse`: whether the console takes the mouse; the terminal then cannot select text with it."""
    problems: tuple[str, ...] = ()
    """What in the file could not be taken, for a person. It holds text from outside."""


def settings_path() -> Path:
    """Where the configuration file is, or would be."""
    from platformdirs import user_config_path

    return folder_of(CONFIG_VARIABLE, user_config_path("kconsole", appauthor=False) / "config.toml")


def read_settings(path: Path | None = None) -> Settings:
    """Read the configuration file. Never raises for what is in it, or for that it is not there.

    Args:
        path: the file; None for the one of this user.
    """
    is_named = path is None and bool(os.environ.get(CONFIG_VARIABLE, "").strip())
    path = settings_path() if path is None else path
    try:
        content = read_small(path)
    except OSError as error:
        return _nothing(path, f"cannot be read: {reason_of(error)}")
    if content is None and is_named:
        return Settings(problems=(f"{CONFIG_VARIABLE} names {path}, and that is not there.",))
    if not content:
        return Settings()
    import tomllib

    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _nothing(path, "is not UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return _nothing(path, f"is not TOML: {error}")
    return _settings(path, document)


def _nothing(path: Path, what: str) -> Settings:
    return Settings(problems=(f"{path} {what}. Nothing of it holds.",))


def _settings(path: Path, document: dict[str, Any]) -> Settings:
    taken: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in document.items():
        if name == "keys":
            taken["keys"] = _keys(value, problems)
        elif name in _OPTIONS:
            option = _OPTIONS[name]
            if option.allows(value):
                taken[option.field] = value
            else:
                problems.append(f"'{name}' is {_shown(value)}; it must be {option.allowed}")
        else:
            problems.append(f"'{_cut(name)}' is no setting; there are keys, {', '.join(_OPTIONS)}")
    told = [f"{path}: {problem}." for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        told.append(f"{path}: and {len(problems) - MOST_PROBLEMS:,} more problems.")
    return Settings(**taken, problems=tuple(told))


def _keys(value: object, problems: list[str]) -> Mapping[str, str]:
    if not isinstance(value, dict):
        problems.append(f"'keys' is {_shown(value)}; it must be a table: [keys]")
        return MappingProxyType({})
    keys = {name: text for name, text in value.items() if isinstance(text, str) and text.strip(" ,")}
    problems += [
        f"'{_cut(name)}' in [keys] is {_shown(text)}; it must be keys in quotes, separated by commas"
        for name, text in value.items()
        if name not in keys
    ]
    return MappingProxyType(keys)


@dataclass(frozen=True, slots=True)
class _Option:
    field: str
    allowed: str
    allows: Callable[[object], bool]


def _one_of(words: tuple[str, ...]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _quoted(words: tuple[str, ...]) -> str:
    return "one of " + ", ".join(f'"{word}"' for word in words)


_OPTIONS: Final = {
    "theme": _Option("theme", _quoted(THEMES), _one_of(THEMES)),
    "ascii": _Option("ascii_only", "true or false", _is_bool),
    "colours": _Option("colours", _quoted(COLOURS), _one_of(COLOURS)),
    "mouse": _Option("mouse", "true or false", _is_bool),
}
"""The settings by their names in the file."""


def _shown(value: object) -> str:
    return _cut(f'"{value}"' if isinstance(value, str) else str(value).lower() if _is_bool(value) else repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
