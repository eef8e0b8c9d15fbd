"""Answers a shell at each TAB: what can stand at the cursor. `kconsole __complete` is this, before anything else loads.

The shell's script passes the command line; see `kconsole.bash`, `kconsole.zsh` and `kconsole.fish` beside it. The first
line of the answer is `words`, or `beginnings` if no blank belongs after them, and one in each further line, with a tab
before what it is. Or it is `files` or `folders`, which the shell knows how to complete.

Whatever goes wrong, there is nothing to offer: an error would stand in the user's prompt.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence

from kconsole.cli.completion.lines import Line, for_bash, without_assignments
from kconsole.operations.completing import Names, Offers, contexts_here, default_store, kept_of, role_here

TYPE_CHECKING = False  # that of typing takes long to import
if TYPE_CHECKING:
    from typing import Any

TREE = f"{os.path.dirname(__file__)}/tree.json"  # noqa: PTH120  # as pathlib does
"""All commands with their options and arguments; `python -m tests.completion` makes it from the command line."""

TOPICS = f"{os.path.dirname(__file__)}/../../text/topics"  # noqa: PTH120

LONGEST_WAIT = 3
"""Seconds until the shell goes on without an answer, as where the store's disk does not answer."""

LONGEST_TEXT = 80
"""Characters of what a word is."""

STORE, CONTEXT = "KCONSOLE_STORE", "KCONSOLE_CONTEXT"
DEBUG = "KCONSOLE_DEBUG"

NUMBERS = ("lines", "reservations")
"""Kinds of names that say nothing without what they are: bash, too, shows that, where it only lists them."""

LISTING = "63"
"""COMP_TYPE where bash only lists: what stands there then is put into no line."""


class Place:
    """The place of the cursor in the command line.

    Attributes:
        path: the words of the command, as `domains add`.
        values: the values of the options before it; a flag has an empty one.
        arguments: the arguments before it.
        option: the option whose value stands at it; empty if none does.
        is_argument: whether it can be no option, after `--`.
    """

    def __init__(self, tree: "dict[str, Any]", words: Sequence[str]) -> None:
        self._tree = tree
        self.path, self.option, self.is_argument = "", "", False
        self.values: dict[str, str] = {}
        self.arguments: list[str] = []
        for word in words:
            self._pass(word)

    @property
    def command(self) -> "dict[str, Any]":
        found: dict[str, Any] = self._tree["commands"][self.path]
        return found

    def options(self) -> "dict[str, dict[str, Any]]":
        """The options that may stand here, by their names."""
        return {**self.command["options"], **(self._tree["options"] if self.command["store"] else {})}

    def kind(self) -> "Any":
        """What may stand at the cursor, if it is no option: a kind of names, or a list of words."""
        if self.option:
            return self.options().get(self.option, {}).get("takes", "")
        kinds, number = self.command["arguments"], len(self.arguments)
        return kinds[number] if number < len(kinds) else kinds[-1] if self.command["many"] else ""

    def _pass(self, word: str) -> None:
        if self.option:
            self.values[self.option], self.option = word, ""
        elif word == "--" and not self.is_argument:
            self.is_argument = True
        elif word[:1] == "-" and len(word) > 1 and not self.is_argument:
            name, has_value, value = word.partition("=")
            self.values[name] = value
            if not has_value and "takes" in self.options().get(name, {}):
                self.option = name
        elif (path := f"{self.path} {word}".lstrip()) in self._tree["commands"] and not self.arguments:
            self.path = path
        else:
            self.arguments.append(word)


def answer(shell: str, arguments: Sequence[str]) -> list[str]:
    """The lines of the answer.

    Of bash the arguments are COMP_LINE up to the cursor, COMP_WORDBREAKS and COMP_TYPE; of zsh, LBUFFER and the words
    up to the cursor, and of fish these words.
    """
    line = Line(arguments[0], arguments[1] if shell == "bash" else "")
    if line.is_redirected and shell != "fish":
        return ["files"]
    variables, words = without_assignments(line.words if shell != "fish" else arguments)
    words = list(arguments[1:]) if shell == "zsh" else words
    with open(TREE, "rb") as file:  # noqa: PTH123
        tree = json.load(file)
    place, begun, before = Place(tree, words[1:-1]), words[-1], ""
    if begun.startswith("--") and "=" in begun and not place.option and not place.is_argument:
        place.option, _, begun = begun.partition("=")
        before = f"{place.option}="
    kind = place.kind()
    if kind in ("files", "folders") and not begun.startswith("-"):
        return [kind]
    offers, are_whole = _offers(tree, place, begun, kind, _store(place, variables))
    fitting = [(before + name, _shown(text)) for name, text in offers if _fits(name, begun, place)]
    if shell != "bash":
        found = [f"{name}\t{text}" for name, text in fitting]
    elif arguments[2] == LISTING and kind in NUMBERS and len(fitting) > 1:
        found = [f"{name}  {text}" for name, text in fitting]
    else:
        found = list(for_bash(line, (name for name, _ in fitting)))
    return ["words" if are_whole else "beginnings", *found]


def _store(place: Place, variables: "dict[str, str]") -> str:
    """The store that the command line means, as `cli.store_choice` finds it; empty where that is not said."""
    name = place.values.get("--context", "")
    store = place.values.get("--store") or ("" if name else variables.get(STORE) or os.environ.get(STORE))
    if not store:
        contexts = contexts_here(variables)
        name = name or variables.get(CONTEXT) or os.environ.get(CONTEXT, "")
        only = next(iter(contexts)) if len(contexts) == 1 else ""
        store = contexts.get(name or only, "") if name or contexts else default_store()
    is_database = store.startswith(("postgresql:", "postgres:"))
    return kept_of(store) if is_database else os.path.expanduser(store)  # noqa: PTH111


def _offers(tree: "dict[str, Any]", place: Place, begun: str, kind: "Any", store: str) -> tuple[Offers, bool]:
    """What may stand there, for this role; and whether it is whole, and nothing has to follow."""
    try:
        role = role_here(store)
    except (LookupError, OSError, ValueError):  # no command would run, and each says why
        role = None

    def may(needs: str) -> bool:
        return role is None or role.may(needs, tree["roles"])

    commands, command = tree["commands"], place.command
    if begun.startswith("-") and not place.option and not place.is_argument:
        return [
            (name, option["help"])
            for name, option in place.options().items()
            if (name not in place.values or option.get("many"))
            and may(option.get("needs", ""))
            and not (option.get("owner") and role is not None and role.name)
        ], True
    offers: Offers = []
    if command["commands"] and not place.option and not place.arguments:
        paths = {name: f"{place.path} {name}".lstrip() for name in command["commands"]}
        offers = [
            (name, commands[path]["help"])
            for name, path in paths.items()
            if may(commands[path]["needs"]) and not (commands[path].get("whole") and role is not None and role.domains)
        ]
    if kind == "topics":
        topics = sorted(name.removesuffix(".md") for name in os.listdir(TOPICS) if name.endswith(".md"))  # noqa: PTH208
        offers += [(name, "") for name in dict.fromkeys((*topics, *commands[""]["commands"]))]
    elif kind == "contexts":
        offers += list(contexts_here({}).items())
    elif isinstance(kind, list):
        offers += [(name, "") for name in kind]
    elif kind and role is not None and may("" if place.option else command["needs"] or command["argument_needs"]):
        names = Names(store, role, tree["filters"])
        offers += names.of(kind, begun)
        if names.are_beginnings:
            return offers, False
    return offers, not any(name.endswith((":", "=", ">", "<")) for name, _ in offers if _fits(name, begun, place))


def _fits(name: str, begun: str, place: Place) -> bool:
    """Whether a word goes on what is typed, and is safe to show, and to stand there."""
    is_option = name[:1] == "-" and not begun.startswith("-") and not place.is_argument  # it would be read as one
    return (
        name.isprintable() and name.lower().startswith(begun.lower()) and not is_option and name not in place.arguments
    )


def main(words: Sequence[str]) -> None:
    """Print the answer to a shell."""
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(LONGEST_WAIT)
    try:
        for line in answer(words[0], words[1:]):
            sys.stdout.buffer.write(_encoded(line))
        sys.stdout.flush()
    except Exception:
        if os.environ.get(DEBUG):
            raise
    os._exit(0)  # there is nothing to clean up, and the shell waits


def _shown(text: str) -> str:
    """What a word is, on one line and harmless."""
    return "".join(letter for letter in text[:LONGEST_TEXT] if letter.isprintable())


def _encoded(line: str) -> bytes:
    """A line of the answer for the terminal, whose encoding may lack letters: then a name is left out."""
    name, tab, text = line.partition("\t")
    encoding = sys.getfilesystemencoding()
    try:
        return f"{name}{tab}".encode(encoding) + text.encode(encoding, "replace") + b"\n"
    except UnicodeEncodeError:
        return b""
