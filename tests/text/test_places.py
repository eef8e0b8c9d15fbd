"""No sentence on the screen names an option of a command, and none of the command line names a key."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import kconsole

PACKAGE = Path(kconsole.__file__).parent
SENTENCES = PACKAGE / "text" / "sentences"

OF_THE_CONSOLE: Final = frozenset(
    ("--read-only", "--offline", "--store", "--as", "--ascii", "--colours", "--theme", "--motion", "--plain")
)
"""Options with which the console itself starts: what they decide, no key does."""

_COMMAND: Final = re.compile(r"'[a-z][^']*'|ssh -t HOST kconsole")
"""A whole command line, of ours or another program's: for a terminal beside the console."""

_TERMINALS_ONLY: Final = frozenset(("give-password-file-or-variable",))
"""Codes of other rooms than `cli` that only a question on the terminal of a command leads to."""

_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][\w-]*")
_KEY: Final = re.compile(r"\{key_|\b[Pp]ress(?:es)?\b|\besc\b|\benter again\b")

_IN_WORDS: Final = frozenset(("words_of", "parts_of", "sentence", "sentences", "error_words", "hint_words", "whole"))


class Text(NamedTuple):
    """A text in the source of a sentence, and where it is shown."""

    code: str
    text: str
    command_line: bool
    screen: bool


def _texts(node: ast.AST, code: str, command_line: bool = True, screen: bool = True) -> Iterator[Text]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "Both":
        yield from _texts(node.args[0], code, command_line, False)
        yield from _texts(node.args[1], code, False, screen)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            named = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else code
            yield from _texts(value, named, command_line, screen)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield Text(code, node.value, command_line, screen)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child, code, command_line, screen)


def texts() -> Iterator[Text]:
    """All texts of all sentences, docstrings too: those name neither."""
    for path in sorted(SENTENCES.glob("*.py")):
        yield from _texts(ast.parse(path.read_text()), "")


@cache
def constants_of(room: Path) -> set[object]:
    """The constants in a room or module beside the sentences, codes among them."""
    sources = [path for path in (room, *room.rglob("*.py")) if path.suffix == ".py" and path.parent != SENTENCES]
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def rooms_of(code: str) -> set[str]:
    """The rooms that use a code."""
    return {room.name for room in PACKAGE.iterdir() if code in constants_of(room)}


def options_in(text: str) -> set[str]:
    """The options that a text names on their own, not as part of a command line."""
    return set(_OPTION.findall(_COMMAND.sub("", text))) - OF_THE_CONSOLE


def test_no_option_of_a_command_is_named_on_the_screen() -> None:
    wrong = [(each.code, each.text) for each in texts() if each.screen and options_in(each.text)]
    assert [(code, text) for code, text in wrong if rooms_of(code) != {"cli"} and code not in _TERMINALS_ONLY] == []


def test_no_key_is_named_on_the_command_line() -> None:
    wrong = [(each.code, each.text) for each in texts() if each.command_line and _KEY.search(each.text)]
    assert [(code, text) for code, text in wrong if rooms_of(code) != {"tui"}] == []


def test_the_front_ends_keep_to_their_own_words() -> None:
    wrong = []
    for path in sorted((*PACKAGE.glob("tui/**/*.py"), *PACKAGE.glob("cli/*.py"))):
        is_screen = path.relative_to(PACKAGE).parts[0] == "tui"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                found = options_in(node.value) if is_screen else _KEY.search(node.value)
                if found:
                    wrong.append((str(path.relative_to(PACKAGE)), node.lineno, node.value))
    assert wrong == []


def test_the_screen_has_its_own_voice() -> None:
    """Without a voice a sentence is one of the command line."""
    wrong = [
        (str(path.relative_to(PACKAGE)), node.lineno)
        for path in sorted(PACKAGE.glob("tui/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _IN_WORDS and len(node.args) < 2
    ]
    assert wrong == []
