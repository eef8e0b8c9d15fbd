"""Commits as lines of the journal, and back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kconsole.core.codes import Message
from kconsole.core.history import OLD_REFUSAL, Change, Commit, Operator, Refusal
from kconsole.core.times import from_iso, to_iso
from kconsole.store.records import record_change
from kconsole.store.tables import DocumentChange


def body_of(commit: Commit, next_number: int, documents: Iterable[DocumentChange]) -> dict[str, Any]:
    """What a commit's line says. What is empty is left out, but for the changes.

    Args:
        commit: the commit.
        next_number: the number of the next record after it.
        documents: its changes as documents.
    """
    operator = commit.operator
    claims = {"as": operator.claimed, "sudo_user": operator.sudo_user, "ssh": operator.connection}
    claims = {name: _text(claim) for name, claim in claims.items() if claim}
    body: dict[str, Any] = {
        "sequence": commit.sequence,
        "at": to_iso(commit.at),
        "operator": _text(operator.user),
        "session": commit.session,
        "deed": _text(commit.operation),
    }
    if claims:
        body["claims"] = claims
    if commit.reason:
        body["reason"] = _text(commit.reason)
    if commit.seats is not None:
        body["seats"] = commit.seats
    if commit.refused:
        body["refusals"] = [_refusal_document(refused) for refused in commit.refused]
    if commit.undoes is not None:
        body["undoes"] = commit.undoes
    body["next_number"] = next_number
    body["changes"] = [
        {"table": table, "number": number, "before": before, "after": after}
        for table, number, before, after in documents
    ]
    return body


def _text(text: str) -> str:
    """A text that can be written down, whatever bytes an argument or the environment had in it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def commit_of(body: dict[str, Any]) -> Commit:
    """The commit that a line tells of, as one of another process.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: it makes no sense.
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
        operation=body["deed"],
        reason=body.get("reason", ""),
        changes=changes_of(body),
        seats=None if seats is None else (int(seats[0]), int(seats[1])),
        refused=(*map(_old_refusal, body.get("refused", ())), *map(_refusal_from, body.get("refusals", ()))),
        undoes=body.get("undoes"),
    )


def _refusal_document(refusal: Refusal) -> dict[str, Any]:
    document: dict[str, Any] = {"address": _text(refusal.address)} if refusal.address else {}
    document["code"] = refusal.code
    if refusal.params:
        document["params"] = _plain(refusal.params)
    return document


def _plain(value: Any) -> Any:
    """A parameter as JSON has it; a message among them with its own code and parameters."""
    if isinstance(value, Message):
        return {"code": value.code, "params": _plain(value.params)}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, str):
        return _text(value)
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _refusal_from(document: dict[str, Any]) -> Refusal:
    params = {name: _param(value) for name, value in document.get("params", {}).items()}
    return Refusal(document.get("address", ""), document["code"], params)


def _param(value: Any) -> Any:
    if isinstance(value, dict):
        return Message(value["code"], {name: _param(inner) for name, inner in value["params"].items()})
    return [_param(inner) for inner in value] if isinstance(value, list) else value


def _old_refusal(text: str) -> Refusal:
    """A refusal as it was written before refusals had codes: "address: words", or words alone."""
    address, colon, words = text.partition(": ")
    if colon and len(address.split()) == 1:  # "line 3" of an import, or the beginning of a sentence, is no address
        return Refusal(address, OLD_REFUSAL, {"text": words})
    return Refusal("", OLD_REFUSAL, {"text": text})


def changes_of(body: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of records that a line tells of."""
    return tuple(record_change(DocumentChange(**change)) for change in body["changes"])


def moment_of(body: dict[str, Any]) -> datetime:
    """When it was done."""
    return from_iso(body["at"])
