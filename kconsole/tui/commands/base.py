"""One class per command: key bindings, key line, palette and help all come from it.

A command is a docstring and attributes. What it does is an action of the screen or list that has it: the command
`next-domain` calls `action_next_domain` there, and `log-filter`, whose prefix is `log-`, calls `action_filter`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, cast

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, key_to_character

from kconsole.core.errors import ConsoleError, NotPermitted
from kconsole.operations.contexts import Context
from kconsole.operations.preferences import Preferences
from kconsole.text.csv_writer import CsvStyle
from kconsole.text.messages import Voice, error_words, whole
from kconsole.text.safe_text import safe_text
from kconsole.tui.styles import Palette
from kconsole.tui.terminal.keystrokes import Keystrokes


class Command:
    """A user command. The docstring of the class is its help."""

    name: ClassVar[str]
    """The name by which the configuration file gives it other keys."""
    keys: ClassVar[str]
    """Its keys, separated by commas; the first is shown."""
    title: ClassVar[str]
    """What the palette calls it."""
    word: ClassVar[str] = ""
    """One word for the key line; empty if it is not shown there."""
    synonyms: ClassVar[str] = ""
    """Other words that people look for it by, for the palette."""
    group: ClassVar[str] = "Console"
    """Its heading in the help."""
    operation: ClassVar[str] = ""
    """The operation it asks for. Where a server is configured that this operation cannot run on, the command says so
    before it asks anything."""
    needs: ClassVar[str] = ""
    """The operation that the operator's role must allow: the one it asks for, or leads to. Without that, it is not
    offered, and its keys say why."""
    changes: ClassVar[bool] = False
    """Whether it changes the store, as every command with an operation does: it is not offered on a read-only store."""
    prefix: ClassVar[str] = ""
    """What its name begins with, and its action does not."""

    def __init_subclass__(cls) -> None:
        if cls.operation:
            cls.needs = cls.operation
            cls.changes = vars(cls).get("changes", True)

    @classmethod
    def help_text(cls) -> str:
        """The help in one line."""
        return " ".join((cls.__doc__ or "").split())


AnyCommand = type[Command]

KEY_WORDS = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn"}
"""Keys that type nothing, and whose names are not what is printed on them."""


def key_word(key: str) -> str:
    """A key as a person reads it: "/" for `slash`, "ctrl+/" for `ctrl+slash`."""
    modifiers, plus, base = key.rpartition("+")
    character = character_of(base)
    is_sign = character.isprintable() and not character.isspace()
    return modifiers + plus + KEY_WORDS.get(base, character if is_sign and character else base)


def character_of(key: str) -> str:
    """The character that a key without modifiers types, by the key's name; empty if it types none."""
    return key if len(key) == 1 else key_to_character(REPLACED_KEYS.get(key, key)) or ""


class Keys(Protocol):
    """The keys that commands have in a console: their own, or those of the configuration file."""

    def first(self, command: AnyCommand) -> str: ...
    def keys_of(self, command: AnyCommand) -> tuple[str, ...]: ...
    def shown(self, command: AnyCommand) -> list[str]: ...
    def by_name(self) -> dict[str, str]: ...


class Console(Protocol):
    """What screens and widgets use of the application."""

    keys: Keys
    preferences: Preferences
    problems: list[str]
    """What is wrong with the user's configuration. Safe to show."""
    csv_style: CsvStyle
    context: Context | None
    """The name of the store, with how to show it; None for one without a name."""
    keystrokes: Keystrokes
    palette: Palette

    def follow_scope(self) -> bool: ...
    def leave_store(self) -> None: ...
    def next_theme(self) -> str: ...
    def redraw(self) -> None: ...
    def hold_pictures(self, holder: object, is_held: bool) -> None: ...


def console_of(node: DOMNode) -> Console:
    """The application of a screen or widget."""
    return cast("Console", node.app)


def voice_of(node: DOMNode) -> Voice:
    """The voice for a screen or widget: its sentences name the keys of commands, not the commands of a shell."""
    return Voice(keys=console_of(node).keys.by_name())


def shown_error(error: ConsoleError, node: DOMNode) -> str:
    """An error with its hints in one text, safe to show."""
    return safe_text(whole(error, voice_of(node)))


def replace_question(error: ConsoleError, node: DOMNode) -> str:
    """Ask whether to replace the file that is there already; safe to show."""
    return f"{safe_text(error_words(error, voice_of(node)))} Press enter again to replace it, esc to keep it."


class CommandTarget:
    """Mixed into a screen or list that has commands: binds their keys, and calls their actions."""

    BINDINGS: ClassVar[list[BindingType]] = []
    commands: ClassVar[Sequence[AnyCommand]] = ()
    is_read_only: bool = False

    def __init_subclass__(cls, **options: Any) -> None:
        if "commands" in vars(cls) and "BINDINGS" not in vars(cls):
            cls.BINDINGS = bindings_of(cls.commands)
        super().__init_subclass__(**options)  # Textual reads the bindings here

    async def action_command(self, name: str) -> None:
        await self.run_command(command_named(self.commands, name))

    async def run_command(self, command: AnyCommand) -> None:
        """Run a command, or say why it cannot run here."""
        if command.changes and self.is_read_only:
            self.refuse_change()
            return
        if (forbidden := self.forbids(command)) is not None:
            self.tell_forbidden(forbidden)
            return
        if command.operation and self.cannot_run(command.operation):
            return
        action = command.name.removeprefix(command.prefix).replace("-", "_")
        waiting = getattr(self, f"action_{action}")()
        if waiting is not None:  # keys typed meanwhile wait for it
            await waiting

    def key_of(self, name: str) -> str:
        return console_of(cast("DOMNode", self)).keys.first(command_named(self.commands, name))

    def refuse_change(self) -> None:
        """Say that the store is open read-only."""

    def forbids(self, command: AnyCommand) -> NotPermitted | None:
        """Why the operator's role does not allow a command; None if it does."""
        del command
        return None

    def tell_forbidden(self, refused: NotPermitted) -> None:
        """Say why the operator's role does not allow what a key asks for."""

    def cannot_run(self, operation: str) -> bool:
        """Say why an operation cannot run here, if it cannot."""
        del operation
        return False

    def is_available(self, command: AnyCommand) -> bool:
        """Whether a command makes sense now: its keys work, and the palette offers it."""
        del command
        return True

    def is_of_use(self, command: AnyCommand) -> bool:
        """Whether a command is worth a place in the key line now."""
        return self.is_available(command)

    def offered(self) -> list[AnyCommand]:
        """The commands that make sense now."""
        usable = (command for command in self.commands if not (command.changes and self.is_read_only))
        return [command for command in usable if self.is_available(command) and self.forbids(command) is None]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "command" or self.is_available(command_named(self.commands, str(parameters[0])))


def command_named(commands: Sequence[AnyCommand], name: str) -> AnyCommand:
    """The command of this name."""
    return next(command for command in commands if command.name == name)


def bindings_of(commands: Sequence[AnyCommand]) -> list[BindingType]:
    """The keys of commands, for a class's `BINDINGS`."""
    return [
        Binding(command.keys, f"command('{command.name}')", command.title, show=False, id=command.name)
        for command in commands
    ]
