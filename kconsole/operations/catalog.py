"""Finds operations by the names that the journal gives them, and imports each only when it is needed."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from kconsole.core.errors import NotPermitted
from kconsole.core.roles import Authority, Capability
from kconsole.operations.base import RunsOn

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts": ("disable", "enable", "add", "delete", "connect"),
    "decisions": (
        "keep", "end keep", "protect", "unprotect", "reserve", "cancel reservation", "extend reservation",
    ),
    "importing.kerio_export": ("import",),
    "importing.kerio_files": ("import kerio",),
    "importing.logins": ("import logins",),
    "license": (
        "begin trial", "register license", "activate license", "buy", "update license", "cancel update",
        "change license", "change component", "install license", "set price",
    ),
    "mapping": ("set directory", "forget directory", "map"),
    "offboarding": ("offboard", "schedule offboarding", "cancel offboarding"),
    "reclaim.policies": ("set policy", "remove policy"),
    "reclaim.applying": ("reclaim", "reclaim mark"),
    "server": ("add domain", "restarted", "restore", "add server", "remove server"),
    "sync.pull": ("sync",),
    "sync.recover": ("settle",),
    "tags": ("tag",),
}  # fmt: skip
"""The module of each operation that a journal can name, except `ASK`, and undo, which runs where the undone one ran."""

BEGINNINGS: Final = ("init", "migrate", "mend")
"""What the store itself writes as the first line of a journal; the last two stand in old journals. There is nothing
before them to go back to."""

OF_THE_SERVER: Final = ("add server", "remove server")
"""Operations that say which server a store follows: they are undone only by the number of their line."""

UNDO: Final = "undo"
ASK: Final = "ask server"
"""The line that is written before the server is asked."""


@cache
def operation_class(name: str) -> type | None:
    """The class of the operation with this name; None for a name that this version does not know."""
    module = next((module for module, names in MODULES.items() if name in names), None)
    if module is None:
        return None
    found = vars(import_module(f"kconsole.operations.{module}")).values()
    return next(each for each in found if isinstance(each, type) and getattr(each, "name", None) == name)


def runs_on(name: str) -> RunsOn:
    """Where the operation with this name takes effect first. An unknown one is refused beside a server."""
    way: RunsOn = getattr(operation_class(name), "runs_on", "store-without-server")
    return way


OTHERS: Final[Mapping[str, Capability]] = {UNDO: "undo", "archive": "repair", "share": "roles", "bind": "roles"}
"""What has no class whose attribute says it: an undo of an own change, and what changes no records."""


def capability_of(name: str) -> Capability:
    """What the operation with this name needs. An unknown one may have changed anything, as a restored dump does."""
    capability: Capability = getattr(operation_class(name), "capability", OTHERS.get(name, "restore"))
    return capability


def not_permitted(name: str, authority: Authority) -> NotPermitted | None:
    """Why a role does not allow the operation with this name; None if it does.

    Front ends ask this for all they offer: where everything is allowed, no operation is imported for it.
    """
    if authority.may_all:
        return None
    return authority.refusal_to(capability_of(name)) or authority.refusal_by_storage(name)


def needed_to_undo(is_own: bool) -> Capability:
    """What it needs to undo a change, one's own or another's; besides the capability of what is undone."""
    return "undo" if is_own else "undo-others"


def is_undoable(name: str) -> bool:
    """Whether the operation with this name can be undone. One that only records the state of the server cannot."""
    return name not in (*BEGINNINGS, UNDO, ASK) and bool(getattr(operation_class(name), "undoable", True))
