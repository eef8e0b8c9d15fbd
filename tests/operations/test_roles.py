"""Roles: no operation works without its capability, and no change that the rules forbid is ever saved."""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Final, get_args

import pytest

from kconsole import operations
from kconsole.core.errors import NotPermitted
from kconsole.core.roles import FULL, ROLES, Authority, Capability
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.catalog import MODULES, capability_of, operation_class
from kconsole.operations.session import Session
from tests.operations.sessions import account, session_of

CLASSES: Final = {
    each
    for module in walk_packages(operations.__path__, f"{operations.__name__}.")
    for _, each in inspect.getmembers(import_module(module.name), inspect.isclass)
    if each.__module__.startswith(operations.__name__) and hasattr(each, "runs_on") and hasattr(each, "apply")
}
"""All classes of operations."""

NO_CLASS_ATTRIBUTE: Final = {"AskServer", "UndoOperation", "Operation"}
"""Those whose capability depends on another operation, and the protocol."""


class Doing:
    """An operation with any capability, which changes an account."""

    name = "disable"
    runs_on: RunsOn = "store"
    reason = "why"
    address = "anna@north.example"

    def __init__(self, capability: Capability) -> None:
        self.capability: Capability = capability

    def apply(self, context: OperationContext) -> list[Outcome]:
        context.transaction.put_entry(account("new"))
        return []


def with_authority(session: Session, authority: Authority) -> Session:
    session.store.authority = lambda: authority
    return session


def test_every_operation_names_its_capability() -> None:
    named = {each for each in CLASSES if getattr(each, "capability", None) in get_args(Capability)}
    abstract = {each for each in CLASSES if each.__subclasses__() and each.__name__.startswith("_")}
    assert {each.__name__ for each in CLASSES - named - abstract} == NO_CLASS_ATTRIBUTE
    for names in MODULES.values():
        for name in names:
            assert capability_of(name) == operation_class(name).capability  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ROLES)
def test_without_its_capability_nothing_is_changed(role: str, tmp_path: Path) -> None:
    session = with_authority(session_of(tmp_path, account("anna")), Authority(role))  # type: ignore[arg-type]
    before = session.state.inventory
    for capability in get_args(Capability):
        operation = Doing(capability)
        if capability in ROLES[role]:  # type: ignore[index]
            assert session.may(capability)
            continue
        assert not session.may(capability)
        for attempt in (session.do, session.commit):
            with pytest.raises(NotPermitted) as refused:
                attempt(operation)
            assert (refused.value.exit_code, refused.value.code) == (4, "not-permitted")
            last = next(session.store.journal.history_backwards())
            assert [each.code for each in last.refused] == ["not-permitted"]
            assert (last.operation, last.reason, last.changes) == ("disable", "why", ())
    assert session.state.inventory == before


def test_an_unknown_operation_is_undone_by_who_may_restore() -> None:
    assert capability_of("of a newer version") == "restore"


def test_without_roles_everyone_may_do_everything(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    assert session.authority == FULL
    assert all(session.may(capability) for capability in get_args(Capability))
    assert session.do(DisableAccounts(("anna@north.example",))).changed
