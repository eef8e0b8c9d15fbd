"""One class per command: its binding, key line, palette entry and line of help all come from that class."""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

if TYPE_CHECKING:
    from kconsole.tui.app import KConsoleApp

Target = TypeVar("Target")


class Command(Generic[Target]):
    """Something a user can do. The docstring of the class is its help."""

    name: ClassVar[str]
    """Its id, by which keys can be given to it."""
    keys: ClassVar[str]
    """Its keys, separated by commas; the first is shown."""
    title: ClassVar[str]
    """What the palette calls it."""
    word: ClassVar[str] = ""
    """One word for the key line; empty if it is not shown there."""
    group: ClassVar[str] = "Console"
    """The heading in the help that it stands under."""
    changes: ClassVar[bool] = False
    """Whether it changes the store: where that is read only, it is not offered, and its keys say why."""
    operation: ClassVar[str] = ""
    """The deed that it asks for: where that is not done with the server that is followed, it says so before it asks."""

    @classmethod
    def is_available(cls, target: Target) -> bool:
        """Whether it makes sense now."""
        del target
        return True

    @classmethod
    def is_of_use(cls, target: Target) -> bool:
        """Whether it is worth a place in the key line now."""
        return cls.is_available(target)

    @classmethod
    def run(cls, target: Target) -> Awaitable[None] | None:
        """Do it. What takes a moment is awaited, so that keys typed meanwhile wait for it."""
        raise NotImplementedError(cls.name)

    @classmethod
    def help_text(cls) -> str:
        """What it does, in a line."""
        return " ".join((cls.__doc__ or "").split())

    @classmethod
    def shown_keys(cls) -> list[str]:
        """Its own keys as a person reads them. Those it has in a console, `Keymap` knows."""
        return [key_word(key) for key in cls.keys.split(",")]


AnyCommand = type[Command[Any]]

KEY_WORDS: dict[str, str] = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "asterisk": "*",
    "at": "@",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
}
"""Keys whose names are not what is printed on them, as far as they are met often; `key_word` knows the others."""


def key_word(key: str) -> str:
    """A key as a person reads it: "/" for `slash`, "ctrl+/" for `ctrl+slash`."""
    modifiers, plus, base = key.rpartition("+")
    if base in KEY_WORDS or len(base) == 1:
        return modifiers + plus + KEY_WORDS.get(base, base)
    character = character_of(base)
    return modifiers + plus + (character if character.isprintable() and character.strip() else base)


def character_of(key: str) -> str:
    """The character that a key without modifiers types, by the key's name; empty if it types none."""
    if len(key) == 1:
        return key
    from textual.keys import REPLACED_KEYS, key_to_character

    return key_to_character(REPLACED_KEYS.get(key, key)) or ""


def console_of(node: DOMNode) -> "KConsoleApp":
    """The application that a screen or widget is part of: it knows keys, habits and themes."""
    return cast("KConsoleApp", node.app)


class CommandTarget:
    """Mixed into a screen or widget that commands act on: binds their keys to them."""

    commands: ClassVar[Sequence[AnyCommand]] = ()

    is_read_only: bool = False
    """Whether nothing can be changed here."""

    async def action_command(self, name: str) -> None:
        """Run the command of this name."""
        await self.run_command(command_named(self.commands, name))

    async def run_command(self, command: AnyCommand) -> None:
        """Run a command of this place, or say why it makes no sense here."""
        if command.changes and self.is_read_only:
            self.refuse_change()
            return
        if command.operation and self.refuses(command.operation):
            return
        waiting = command.run(self)
        if waiting is not None:
            await waiting

    def key_of(self, name: str) -> str:
        """The key that the command of this name has here, as a person reads it."""
        return console_of(cast("DOMNode", self)).keys.first(command_named(self.commands, name))

    def refuse_change(self) -> None:
        """Say that nothing can be changed here."""

    def refuses(self, operation: str) -> bool:
        """Say why a deed makes no sense here, if so."""
        del operation
        return False

    def offered(self) -> list[AnyCommand]:
        """The commands that make sense now."""
        return [
            command
            for command in self.commands
            if not (command.changes and self.is_read_only) and command.is_available(self)
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does anything now."""
        if action != "command":
            return True
        return command_named(self.commands, str(parameters[0])).is_available(self)


def command_named(commands: Sequence[AnyCommand], name: str) -> AnyCommand:
    """The command of this name."""
    return next(command for command in commands if command.name == name)


def bindings_of(commands: Sequence[AnyCommand]) -> list[BindingType]:
    """The keys of commands, for a class's `BINDINGS`."""
    return [
        Binding(command.keys, f"command('{command.name}')", command.title, show=False, id=command.name)
        for command in commands
    ]
