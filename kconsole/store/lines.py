"""Commits as lines of the journal, and back."""

from datetime import datetime
from typing import Any

from kconsole.model.history import Change, Commit, Operator
from kconsole.model.times import from_iso, to_iso
from kconsole.store.records import document_change, record_change
from kconsole.store.tables import DocumentChange


def body_of(commit: Commit, next_number: int) -> dict[str, Any]:
    """What a commit's line says. What is empty is left out, but for the changes."""
    operator = commit.operator
    claims = {"as": operator.claimed, "sudo_user": operator.sudo_user, "ssh": operator.connection}
    body: dict[str, Any] = {
        "sequence": commit.sequence,
        "at": to_iso(commit.at),
        "operator": operator.user,
        "claims": {name: claim for name, claim in claims.items() if claim},
        "session": commit.session,
        "deed": commit.deed,
        "reason": commit.reason,
        "seats": commit.seats,
        "refused": commit.refused,
        "undoes": commit.undoes,
    }
    body = {name: value for name, value in body.items() if value not in (None, "", {}, ())}
    changes = [document_change(change)._asdict() for change in commit.changes]
    return {**body, "next_number": next_number, "changes": changes}


def commit_of(body: dict[str, Any]) -> Commit:
    """The commit that a line tells of, as one of another process.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it makes no sense.
    """
    claims = body.get("claims", {})
    seats = body.get("seats")
    return Commit(
        sequence=body["sequence"],
        at=moment_of(body),
        operator=Operator(
            body.get("operator", ""), claims.get("as", ""), claims.get("sudo_user", ""), claims.get("ssh", "")
        ),
        session=body.get("session", ""),
        deed=body["deed"],
        reason=body.get("reason", ""),
        changes=changes_of(body),
        seats=None if seats is None else (int(seats[0]), int(seats[1])),
        refused=tuple(body.get("refused", ())),
        undoes=body.get("undoes"),
    )


def changes_of(body: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of records that a line tells of."""
    return tuple(record_change(DocumentChange(**change)) for change in body["changes"])


def moment_of(body: dict[str, Any]) -> datetime:
    """When it was done."""
    return from_iso(body["at"])
