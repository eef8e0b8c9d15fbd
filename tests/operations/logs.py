"""What the tests of the log and of undo share."""

from typing import Any

import pytest

from kconsole.core.errors import Refused
from kconsole.core.history import Commit
from kconsole.operations.base import Operation
from kconsole.operations.dumps import dump_of
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from tests.operations.sessions import DOMAIN, another

ANNA, BERG, CHEN = (f"{login}@{DOMAIN}" for login in ("anna", "berg", "chen"))


SEATS = (1, 0)


def log(session: Session, **query: Any) -> list[Commit]:
    return list(session.history.log(LogQuery(**query)))


def operations(session: Session, **query: Any) -> list[str]:
    return [commit.operation for commit in log(session, **query)]


def later(session: Session, operator: str = "anna") -> Session:
    """A session of the same operator in another process, after this one ended."""
    session.close()
    return Session.open(session.store.folder, operator, session.clock, patience=0)


def beside(session: Session) -> Session:
    """A session of the same operator in another process, at the same time."""
    return Session.open(session.store.folder, session.store.operator, session.clock, patience=0)


def refused(session: Session, operation: Operation) -> Commit:
    """The line of a change that is refused whole."""
    before = dump_of(session)
    with pytest.raises(Refused):
        session.do(operation)
    assert dump_of(session) == before == dump_of(another(session))
    *_, commit = log(session)
    assert (commit.operation, commit.changes, len(commit.refused)) == (operation.name, (), 1)
    assert commit.seats == (session.seats.report().used, session.seats.report().used)
    return commit
