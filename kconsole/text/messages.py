"""Turns codes and their parameters into sentences. No other room does.

The sentences stand in `text.sentences`, a module for each subject. A template names its parameters in braces. Beside
the formats that Python knows there are

- `{seats:count seat}` or `{n:count entry entries}`: a number of things, "1 seat", "1,200 seats"; words with blanks
  are separated by a bar, `{n:count held seat|held seats}`;
- `{addresses:some}`: the first few of a list, and how many more there are;
- `{names:list}`: a list, "a, b and c"; `{names:commas}`, "a, b, c"; `{names:or}`, "a or b or c";
- `{name:address}`: an address or a domain, in Unicode as lists show it; parameters that hold nothing else (`ADDRESSES`)
  need no format for that;
- `{what:a}`: what an entry is, by the code of its classification, "an alias";
- a parameter that is a message, alone or in a list, stands there in its own words.

A template that differs between the command line and the screen is a `Both`; the screen's may name keys, as
`{key_sync}`. A function of the parameters chooses between templates.
"""

import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final, NamedTuple

from kconsole.core.codes import Message
from kconsole.core.errors import ConsoleError
from kconsole.core.identity import shown_address
from kconsole.text import sentences as subjects
from kconsole.text import words
from kconsole.text.sentences.base import Both, Template

FEW: Final = 3
"""How many items of a list stand in a sentence one by one."""

ADDRESSES: Final = frozenset(("address", "addresses", "domain", "domains", "before", "heir", "alias"))
"""Parameters that are addresses or names of domains in every message."""


class Voice(NamedTuple):
    """Where a sentence is shown."""

    keys: Mapping[str, str] | None = None
    """On the screen, the keys of commands by the commands' names; None on the command line."""


COMMAND_LINE: Final = Voice()


@cache
def templates() -> Mapping[str, Template]:
    """The template of every code; ImportError if their files cannot be read just now."""
    names = [name for _, name, _ in iter_modules(subjects.__path__) if name != "base"]
    if not names:
        raise ImportError(f"the folder of {subjects.__name__} cannot be read")
    tables = [import_module(f"{subjects.__name__}.{name}").TEMPLATES for name in names]
    return {code: template for table in tables for code, template in table.items()}


def _shown(value: Any) -> Any:
    """Addresses and domains as people read them."""
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    return shown_address(value) if isinstance(value, str) else value


_home: str = ""
"""What paths of files are shown without."""


def show_paths_within(folder: Path | None) -> None:
    """Show paths of files in a folder from there on: where it is, is none of a confined user's business."""
    global _home
    _home = "" if folder is None else f"{folder}/"


_PARSER: Final = string.Formatter()


class _Formatter(string.Formatter):
    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if isinstance(key, str) and key.startswith("key_") and self._voice.keys is not None:
            return self._voice.keys.get(key.removeprefix("key_").replace("_", "-"), "")
        value = super().get_value(key, args, kwargs)
        if _home and isinstance(value, str):
            value = value.removeprefix(_home)
        return _shown(value) if key in ADDRESSES else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return words_of(value, self._voice)
        if isinstance(value, list | tuple):
            value = [words_of(each, self._voice) if isinstance(each, Message) else str(each) for each in value]
        if format_spec.startswith("count "):
            things = format_spec.removeprefix("count ")
            return words.count(value, *things.split("|" if "|" in things else None))
        if format_spec == "some":
            more = len(value) - FEW
            return ", ".join(value[:FEW]) + (f" and {more:,} more" if more > 0 else "")
        if format_spec == "day":
            return words.day(datetime.fromisoformat(value))
        if format_spec == "address":
            return shown_address(str(value))
        if format_spec == "a":
            return words.with_article(value)
        if format_spec == "commas":
            return ", ".join(value)
        if format_spec == "or":
            return " or ".join(value)
        if format_spec == "list":
            return words.and_list(value)
        return str(super().format_field(value, format_spec))


def words_of(message: Message, voice: Voice = COMMAND_LINE) -> str:
    """A message in words: a sentence with its full stop, or a clause without one, as its template is.

    If `CODE-detail` has a template too, it follows after a colon. Text from outside is in the result as it came:
    callers pass the whole through `safe_text`. A missing parameter raises `KeyError`.
    """
    return ": ".join(parts_of(message, voice))


def parts_of(message: Message, voice: Voice = COMMAND_LINE) -> list[str]:
    """The message itself, and the figures behind it if there are any."""
    # a test looks for codes without a template; a user shall at least see the code
    parts = [templates().get(message.code, message.code), templates().get(f"{message.code}-detail")]
    return [_filled(template, message, voice) for template in parts if template is not None]


def _filled(template: Template, message: Message, voice: Voice) -> str:
    while not isinstance(template, str):
        if isinstance(template, Both):
            template = template.screen if _has_keys(voice, template.screen) else template.command_line
        else:
            template = template(message.params)
    return _Formatter(voice).vformat(template, (), message.params)


def _has_keys(voice: Voice, template: Template) -> bool:
    """Whether this is a screen that has all the keys which a template names."""
    if voice.keys is None or not isinstance(template, str):
        return voice.keys is not None
    fields = (name or "" for _, name, _, _ in _PARSER.parse(template))
    return all(name[4:].replace("_", "-") in voice.keys for name in fields if name.startswith("key_"))


def sentence(message: Message, voice: Voice = COMMAND_LINE) -> str:
    """A message as a sentence: it gets a full stop if it ends with no other sign."""
    text = words_of(message, voice)
    return text if text.endswith((".", ":", "?", "!")) else f"{text}."


def sentences(messages: Iterable[Message], voice: Voice = COMMAND_LINE) -> str:
    """Several messages as sentences in one line; empty if there are none."""
    return " ".join(sentence(message, voice) for message in messages)


def recorded_words(message: Message, voice: Voice = COMMAND_LINE) -> str:
    """A message from a journal, which another version or a person may have written: at worst, its code."""
    try:
        return words_of(message, voice)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return message.code


def error_words(error: ConsoleError, voice: Voice = COMMAND_LINE) -> str:
    """What happened, and what that means for the request."""
    return sentences([error.happened, *([error.effect] if error.effect else [])], voice)


def hint_words(error: ConsoleError, voice: Voice = COMMAND_LINE) -> str:
    """What to do next, after an error; may be empty."""
    return sentences(error.hints, voice)


def whole(error: ConsoleError, voice: Voice = COMMAND_LINE) -> str:
    """What happened, what that means, and what to do next, in one line."""
    return f"{error_words(error, voice)} {hint_words(error, voice)}".rstrip()
