"""The license's life as a document: what `license` and `status --json` answer with."""

from collections.abc import Iterable
from typing import Any

from kconsole.display.licenses import masked_id
from kconsole.licensing.components import use_of
from kconsole.licensing.life import OVERDUE_STEPS, Ending, Standing
from kconsole.model.documents import component_document, license_document, update_document
from kconsole.model.reports import Warn
from kconsole.model.times import to_iso
from kconsole.operations.session import Session


def life_document(session: Session, with_people: bool = True) -> dict[str, Any]:
    """How the license stands.

    Args:
        session: at its store.
        with_people: whether to name the customer, and accounts beyond a component's seats.
    """
    license_, standing = session.license, session.standing
    registration = {
        "registered_at": to_iso(license_.registered_at),
        "activated_at": to_iso(license_.activated_at),
        "id_end": license_.id_end,
        "id": masked_id(license_),
    }
    if with_people:
        registration["customer"] = license_document(license_)["customer"]
    return {
        "state": standing.state,
        "word": standing.word,
        "meaning": standing.meaning,
        "allows": standing.allows,
        "next": standing.next_step,
        "source": standing.source,
        "suspended": standing.is_suspended,
        "expired": standing.is_expired,
        "endings": [_ending_document(ending) for ending in standing.endings],
        "components": component_documents(session, with_people),
        "update": update_standing_document(standing),
        "registration": registration,
        "warnings": warning_documents(standing.warnings),
    }


def component_documents(session: Session, with_people: bool = True) -> list[dict[str, Any]]:
    """The licensed components with their use; accounts beyond their seats are named with `with_people`."""
    license_ = session.license
    documents = []
    for use in use_of(license_, session.entries if license_.components else ()):
        document = component_document(use.component) | {"users": len(use.users), "over": len(use.beyond)}
        if with_people:
            document["beyond"] = [entry.address for entry in use.beyond]
        documents.append(document)
    return documents


def update_standing_document(standing: Standing) -> dict[str, Any] | None:
    """What is on its way; None if nothing is."""
    if standing.update is None:
        return None
    return update_document(standing.update.update) | {
        "due_at": to_iso(standing.update.due_at),
        "overdue": standing.update.is_overdue,
        "steps": list(OVERDUE_STEPS) if standing.update.is_overdue else [],
    }


def warning_documents(warnings: Iterable[Warn]) -> list[dict[str, str]]:
    """Warnings as every answer has them."""
    return [{"code": warning.code, "text": warning.text} for warning in warnings]


def _ending_document(ending: Ending) -> dict[str, Any]:
    return {
        "what": ending.what,
        "on": ending.on.isoformat(),
        "days_left": ending.days,
        "over": ending.is_over,
        "warned_at": ending.warned_at,
    }
