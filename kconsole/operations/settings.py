"""The user's configuration file: read once, never written.

Nothing in it keeps the console from starting: a wrong setting is a problem to show, and the others are used.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

from kconsole.core.codes import Message, first_of, message
from kconsole.core.errors import BadInput, reason_of
from kconsole.operations.appearance import Colours, CsvStyleName
from kconsole.operations.files import path_of, read_small
from kconsole.operations.system import user_folder

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from kconsole.operations.toml_lines import KeyPath

CONFIG_VARIABLE: Final = "KCONSOLE_CONFIG"
"""The environment variable that names another configuration file."""

MOST_PROBLEMS: Final = 10  # that are shown one by one; another program's file has hundreds
_LONGEST_VALUE: Final = 40
_TABLES: Final = ("contexts", "keys")


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of the configuration file; `config_model` describes the settings."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    key_places: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The file and line of each of them."""
    lines: "Mapping[KeyPath, int]" = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """The line of each setting that the file has, and that is used."""
    theme: str = ""
    ascii_only: bool | None = None
    colours: Colours | Literal[""] = ""
    mouse: bool = False
    plain: bool = False
    csv_style: CsvStyleName = "standard"
    contexts: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """The fields of each context, by its name; see `contexts.Context`."""
    unusable_contexts: tuple[str, ...] = ()
    """Contexts with a problem. None of their settings is used: they might be the ones that forbid something."""
    are_contexts_lost: bool = False
    """Whether the file has contexts, but cannot be read: then it is not known which store is meant."""
    problems: tuple[Message, ...] = ()


def settings_path() -> Path | None:
    """The place of the user's configuration file, whether it exists or not; None for a user without a home."""
    folder = user_folder("config")
    return path_of(CONFIG_VARIABLE, None if folder is None else folder / "config.toml")


def read_settings(path: Path | None = None, most: int = MOST_PROBLEMS) -> Settings:
    """Read a configuration file, or the user's. Never raises: what cannot be used is among the problems.

    Of more problems than `most` the others are counted.
    """
    is_named = path is None and bool(os.environ.get(CONFIG_VARIABLE, "").strip())
    path = path or settings_path()
    if path is None:
        return Settings()
    file = str(path)
    try:
        content = read_small(path)
    except OSError as error:
        return _unusable("settings-unreadable", file=file, reason=reason_of(error))
    if content is None and is_named:
        return _unusable("settings-missing", file=file, variable=CONFIG_VARIABLE)
    if not content:
        return Settings()
    import tomllib

    from kconsole.importers.code_pages import utf8_text

    try:
        text = utf8_text(content, file).replace("\r\n", "\n").replace("\r", "\n")  # alone it ends a line, too
        document = tomllib.loads(text)
    except BadInput as error:
        return replace(_unusable("settings-not-utf8", **error.params), are_contexts_lost=_has_contexts(content))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        unusable = _unusable("settings-not-toml", file=file, reason=str(error))
        return replace(unusable, are_contexts_lost=_has_contexts(content))
    if not document:
        return Settings()
    from kconsole.operations.toml_lines import lines_of

    lines = lines_of(text)
    settings = _settings(document, file, lines, most)
    places = {
        name: f"{file}, line {lines['keys', name]}" if ("keys", name) in lines else file for name in settings.keys
    }
    used = {path: line for path, line in lines.items() if path[0] in document and (path[0] != "keys" or path[1:])}
    return replace(settings, key_places=places, lines=used)


def _unusable(code: str, **params: Any) -> Settings:
    return Settings(problems=(message(code, **params),))


def _has_contexts(content: bytes) -> bool:
    """Whether a file that is not understood seems to have contexts."""
    return any(line.lstrip().startswith((b"[contexts", b"contexts")) for line in content.splitlines())


def _settings(document: dict[str, Any], file: str, lines: "Mapping[KeyPath, int]", most: int) -> Settings:
    from pydantic import ValidationError

    from kconsole.operations.config_model import Config

    problems: list[Message] = []
    unusable: dict[str, None] = {}
    are_contexts_lost = not isinstance(document.get("contexts", {}), dict)
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            problems.append(_problem(each, file, lines))
            if each["loc"][0] == "contexts" and len(each["loc"]) > 1:
                unusable[str(each["loc"][1])] = None
            _remove(document, each["loc"])
        config = Config.model_validate(document)
    return Settings(
        keys=MappingProxyType(config.keys),
        theme=config.theme or "",
        ascii_only=config.ascii,
        colours=config.colours or "",
        mouse=config.mouse,
        plain=config.plain,
        csv_style=config.csv_style or "standard",
        contexts=MappingProxyType({name: each.model_dump() for name, each in config.contexts.items()}),
        unusable_contexts=tuple(unusable),
        are_contexts_lost=are_contexts_lost,
        problems=tuple(first_of(problems, most, "more-settings-problems", file=file)),
    )


def _remove(document: dict[str, Any], place: tuple[int | str, ...]) -> None:
    table = document.get(str(place[0]))
    if place[0] in _TABLES and isinstance(table, dict):
        table.pop(str(place[1]), None)
    else:
        document.pop(str(place[0]), None)


def _problem(error: "ErrorDetails", file: str, lines: "Mapping[KeyPath, int]") -> Message:
    """A wrong setting: where it stands, its key, what was found, and what is allowed."""
    from kconsole.operations.config_model import Config

    place, found = error["loc"], _shown(error["input"])
    if place[0] == "contexts" and len(place) > 1:
        return _context_problem(error, file, lines)
    key = str(place[1] if len(place) > 1 else place[0])
    at = {"file": file, "line": lines.get(tuple(map(str, place[:2])), 0), "key": _cut(key)}
    if error["type"] == "extra_forbidden":
        from difflib import get_close_matches

        near = get_close_matches(key[:_LONGEST_VALUE].lower(), list(Config.model_fields), 1)
        return message("setting-unknown", **at, near=near, settings=list(Config.model_fields))
    if place[0] not in _TABLES:
        return message("setting-invalid", **at, found=found, allowed=_values(Config.model_fields[key].annotation))
    return message("setting-not-table" if len(place) == 1 else "setting-bad-keys", **at, found=found)


def _context_problem(error: "ErrorDetails", file: str, lines: "Mapping[KeyPath, int]") -> Message:
    """What is wrong with a context: its name, a setting that is unknown or missing, or a value."""
    from kconsole.operations.config_model import Context

    place = tuple(map(str, error["loc"]))
    key = place[2] if len(place) > 2 else ""
    line = lines.get(place[:3]) or lines.get(place[:2], 0)
    at = {"file": file, "line": line, "key": _cut(key), "context": _cut(place[1])}
    if key == "[key]":
        return message("context-bad-name", **at)
    if not key:
        return message("context-not-table", **at)
    if error["type"] == "missing":
        return message("context-without-store", **at)
    if error["type"] == "extra_forbidden":
        return message("context-setting-unknown", **at, settings=list(Context.model_fields))
    kind = Context.model_fields[key].annotation
    if kind is str:
        return message(
            "context-bad-store" if key == "store" else "context-bad-note", **at, found=_shown(error["input"])
        )
    return message("setting-invalid", **at, found=_shown(error["input"]), allowed=_values(kind))


def _values(kind: Any) -> list[str]:
    """The values of a type, as they stand in the file."""
    if kind is bool:
        return ["true", "false"]
    return [_shown(value) for value in get_args(kind)] if get_origin(kind) is Literal else _values(get_args(kind)[0])


def _shown(value: object) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
