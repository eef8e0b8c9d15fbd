"""The switches of `unknowns.Unknowns` by name, for who sets them from outside: how each is written, what it means."""

import ast
import inspect
from collections.abc import Callable
from datetime import timedelta
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from tests.kerio_server.rpc import METHOD_NAMES
from tests.kerio_server.unknowns import Role, Unknowns

OFF: Final = "off"
"""How None is written, which is no limit everywhere, and how none are written."""


class Wrong(Exception):
    """Words from outside that are not understood. Nothing was changed."""


class Kind(NamedTuple):
    """A type of values: how they are written, and how that is read, which raises ValueError."""

    form: str
    read: Callable[[str], Any]


def set_unknown(unknowns: Unknowns, text: str) -> str:
    """Set a switch by `NAME=VALUE`; returns what was set.

    Raises:
        Wrong: for a name that there is not, and a value that is none of its.
    """
    name, given, value = (part.strip() for part in text.partition("="))
    if not given or name not in KINDS:
        raise Wrong(f"NAME=VALUE with a name of --list-unknowns is wanted, not {text!r}")
    kind = KINDS[name]
    try:
        if not value.isprintable():
            raise ValueError
        setattr(unknowns, name, kind.read(value))
    except (ValueError, OverflowError):
        raise Wrong(f"{name} is {kind.form}, not {value!r}") from None
    return f"{name}={value}"


def listed() -> str:
    """All of them, as lines: the name with what it is if no one says otherwise, its values, its meaning."""
    lines = [
        "Unknown behaviours of the TEST SERVER. Each with its value if you say nothing, its values, its meaning; "
        f"'{OFF}' is None."
    ]
    reported, default = _meanings(), Unknowns()
    for name, kind in KINDS.items():
        lines += [f"{name}={_written(getattr(default, name))}", f"    {kind.form}", f"    {reported[name]}"]
    return "\n".join(lines)


def _number(text: str) -> int:
    number = int(text)
    if not -(2**31) <= number < 2**32:  # what goes into an answer
        raise ValueError
    return number


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError
    return _number(text)


def _one_of(text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise ValueError
    return text


def _code_and_message(text: str) -> tuple[int, str]:
    code, _, message = text.partition(" ")
    return _number(code), message


def _names(text: str) -> frozenset[str]:
    names = frozenset(name for name in text.split(",") if name)
    if not all(name.replace(".", "").isalnum() for name in names):
        raise ValueError
    return names


def _methods_by_role(text: str) -> dict[str, frozenset[str]]:
    found = {}
    for each in text.split() if text != OFF else ():
        role, _, methods = each.partition(":")
        found[_one_of(role, get_args(Role))] = names = _names(methods)
        if not names or not names <= METHOD_NAMES:
            raise ValueError
    return found


_BY_TYPE: Final[dict[Any, Kind]] = {
    bool: Kind("yes | no", lambda text: _one_of(text, ("yes", "no")) == "yes"),
    int: Kind("a number", _number),
    str: Kind("a text", str),
    int | None: Kind(f"a number | {OFF}", lambda text: None if text == OFF else _count(text)),
    timedelta | None: Kind(f"seconds | {OFF}", lambda text: None if text == OFF else timedelta(seconds=_count(text))),
    frozenset[str] | None: Kind(f"PROTOCOL,... | {OFF}", lambda text: None if text == OFF else _names(text)),
    tuple[int, str]: Kind("CODE MESSAGE", _code_and_message),
    dict[Role, frozenset[str]]: Kind(f"ROLE:METHOD,... ROLE:... | {OFF}", _methods_by_role),
}


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal:
        words = get_args(hint)
        return Kind(" | ".join(words), lambda text: _one_of(text, words))
    return _BY_TYPE[hint]


KINDS: Final = {name: _kind(hint) for name, hint in get_type_hints(Unknowns).items()}
"""By the name of the switch."""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return OFF if isinstance(value, NoneType | dict) else str(value)


def _meanings() -> dict[str, str]:
    """The text below each switch in the source, which is the one place that says it."""
    (found,) = ast.parse(inspect.getsource(Unknowns)).body
    assert isinstance(found, ast.ClassDef)
    reported = {}
    for pair in zip(found.body, found.body[1:], strict=False):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                reported[name] = " ".join(text.split())
    return reported
