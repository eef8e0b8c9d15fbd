"""The keys of the commands: their own, or those that the user's configuration gives them instead."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import KEY_WORDS, AnyCommand, character_of, key_word

RESERVED: Final[Mapping[str, str]] = {
    "escape": "leads one step back, everywhere",
    "ctrl+c": "goes a step back or leaves the console; in a line to type in it copies",
    "ctrl+q": "always leaves the console",
    "ctrl+z": "suspends the console",
    **dict.fromkeys("0123456789", "belongs to a number, as in 10 for the next ten"),
}
"""Keys that no other command gets, and what they do: there is always a way out."""

OTHER_NAMES: Final[Mapping[str, str]] = {
    **{word: key for key, word in KEY_WORDS.items() if len(word) > 1},
    "return": "enter",
    "pgdown": "pagedown",
    "del": "delete",
    "ins": "insert",
    "control": "ctrl",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+left_square_bracket": "escape",
}
"""What people call keys, and what terminals send alike, by the name that Textual gives them."""

MODIFIERS: Final = ("alt", "ctrl", "hyper", "meta", "shift", "super")

_WHAT_A_KEY_IS: Final = "write a letter, a sign or a name (f5, space, ctrl+x, comma), several with commas"


class Keymap:
    """The keys of all commands, their own or other `wanted` ones by the name of the command.

    Problems are reported, and the commands concerned keep their own keys: an unknown command, a text that is no key, a
    reserved key, and one key for two commands of a screen.
    """

    def __init__(self, wanted: Mapping[str, str] | None = None, places: Mapping[str, str] | None = None) -> None:
        self._keys: dict[str, tuple[str, ...]] = {}
        self._places = places or {}
        """Where the wanted keys of a command are written: the file and the line."""
        self.problems: tuple[str, ...] = ()
        """What is wrong with the wanted keys. Safe to show."""
        if wanted:
            self._take(wanted)

    @property
    def changed(self) -> dict[str, str]:
        return {name: ",".join(keys) for name, keys in self._keys.items()}

    def keys_of(self, command: AnyCommand) -> tuple[str, ...]:
        """The keys of a command by the names that Textual gives them; the first is the one that is shown."""
        return self._keys.get(command.name) or tuple(command.keys.split(","))

    def shown(self, command: AnyCommand) -> list[str]:
        return [key_word(key) for key in self.keys_of(command)]

    def first(self, command: AnyCommand) -> str:
        return key_word(self.keys_of(command)[0])

    def by_name(self) -> dict[str, str]:
        commands = (command for commands in commands_by_screen().values() for command in commands)
        return {command.name: self.first(command) for command in commands}

    def _take(self, wanted: Mapping[str, str]) -> None:
        screens = commands_by_screen()
        known = {command.name: command for commands in screens.values() for command in commands}
        problems: list[str] = []
        for name, text in wanted.items():
            command = known.get(name)
            if command is None:
                problems.append(self._at(name) + _unknown(name, known))
                continue
            try:
                self._keys[name] = _read(command, text)
            except ValueError as error:
                problems.append(f"{self._at(name)}keys: {name}: {error}")
        while clashes := self._clashes(screens):
            for name in {command.name for pair in clashes.values() for command in pair}:
                self._keys.pop(name, None)
            problems += clashes
        self.problems = tuple(problems)

    def _at(self, *names: str) -> str:
        """Where the keys of these commands are written, before what is wrong with them."""
        place = next((self._places[name] for name in names if name in self._places), "")
        return f"{safe_text(place)}: " if place else ""

    def _clashes(self, screens: Mapping[str, Sequence[AnyCommand]]) -> dict[str, tuple[AnyCommand, AnyCommand]]:
        """What is wrong, and between which two: one key for two commands of a screen."""
        clashes: dict[str, tuple[AnyCommand, AnyCommand]] = {}
        for screen, commands in screens.items():
            taken: dict[str, AnyCommand] = {}
            for command in commands:
                for key in self.keys_of(command):
                    other = taken.setdefault(key, command)
                    if other is not command:
                        names, shown = f"{other.name} and {command.name}", key_word(key)
                        text = f"keys: {names} cannot both have {shown} in {screen}; both keep their own keys."
                        text = self._at(*(each.name for each in (command, other) if each.name in self._keys)) + text
                        clashes[text] = (other, command)
        return clashes


@cache
def commands_by_screen() -> dict[str, tuple[AnyCommand, ...]]:
    """All commands, by the screen that they work in; those that move in a list work in each."""
    from kconsole.tui.commands.accounts import ACCOUNT_COMMANDS, VIEW_COMMANDS
    from kconsole.tui.commands.console import CONSOLE_COMMANDS, MOVEMENTS
    from kconsole.tui.commands.decisions import DECISION_COMMANDS
    from kconsole.tui.commands.fleet import FLEET_COMMANDS
    from kconsole.tui.commands.history import HISTORY_COMMANDS
    from kconsole.tui.commands.imports import IMPORT_COMMANDS
    from kconsole.tui.commands.license import LICENSE_COMMANDS
    from kconsole.tui.commands.log import LOG_COMMANDS
    from kconsole.tui.commands.mapping import MAPPING_COMMANDS, PREVIEW_COMMANDS
    from kconsole.tui.commands.reclaim import RECLAIM_COMMANDS
    from kconsole.tui.commands.server import RECONCILE_COMMANDS, SERVER_COMMANDS

    return {
        "the list of accounts": (*ACCOUNT_COMMANDS, *VIEW_COMMANDS, *SERVER_COMMANDS, *CONSOLE_COMMANDS, *MOVEMENTS),
        "the log": (*LOG_COMMANDS, *MOVEMENTS),
        "the history": (*HISTORY_COMMANDS, *MOVEMENTS),
        "the plan": (*RECLAIM_COMMANDS, *MOVEMENTS),
        "the decisions": (*DECISION_COMMANDS, *MOVEMENTS),
        "the license": (*LICENSE_COMMANDS, *MOVEMENTS),
        "the list of directories": (*MAPPING_COMMANDS, *MOVEMENTS),
        "the preview of a mapping": (*PREVIEW_COMMANDS, *MOVEMENTS),
        "the preview of an import": (*IMPORT_COMMANDS, *MOVEMENTS),
        "the comparison with the server": (*RECONCILE_COMMANDS, *MOVEMENTS),
        "all stores": (*FLEET_COMMANDS, *MOVEMENTS),
    }


def key_named(text: str) -> str:
    """The name that Textual gives a key, from what people call it.

    Raises:
        ValueError: it is no key.
    """
    text = text.strip()
    *before, base = [*text[:-2].split("+"), "+"] if text.endswith("++") else [text] if text == "+" else text.split("+")
    modifiers = {OTHER_NAMES.get(modifier.strip().lower(), modifier.strip().lower()) for modifier in before}
    base = OTHER_NAMES.get(base.lower(), base) if len(base) > 1 else base
    if not modifiers <= set(MODIFIERS):
        raise ValueError
    if len(base) == 1 and base.isalpha():
        if modifiers == {"shift"}:
            base, modifiers = base.upper(), set()
        elif modifiers:
            base = base.lower()
    key = "+".join([*sorted(modifiers), _base_named(base)])
    return OTHER_NAMES.get(key, key)


def _base_named(base: str) -> str:
    """The same for a key without modifiers."""
    from textual.binding import Binding
    from textual.keys import Keys

    name = base.lower() if len(base) > 1 else base
    if name in {key.value.rpartition("+")[2] for key in Keys if key.value.isascii() and key.value[-1].isalnum()}:
        return name
    character = character_of(name)
    if not character.strip() or not character.isprintable():
        raise ValueError
    if character == ",":  # Textual takes it for what stands between two keys
        return "comma"
    return next(iter(Binding.make_bindings([Binding(character, "")]))).key


def _read(command: AnyCommand, text: str) -> tuple[str, ...]:
    """The keys that a text gives a command; it keeps its own reserved ones.

    Raises:
        ValueError: one of them is no key, or is reserved; the message is for the user.
    """
    own = command.keys.split(",")
    keys: list[str] = []
    for part in text.split(","):
        try:
            key = key_named(part)
        except ValueError:
            raise ValueError(f"'{safe_text(part.strip(), 40)}' is no key; {_WHAT_A_KEY_IS}.") from None
        if key in RESERVED and key not in own:
            raise ValueError(f"{key_word(key)} {RESERVED[key]}; choose another key.")
        keys.append(key)
    return tuple(dict.fromkeys([*keys, *(key for key in own if key in RESERVED)]))


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:40], list(known), 3, 0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else "'kconsole help keys' has all names."
    return f"keys: there is no command '{safe_text(name, 40)}'; {hint}"
