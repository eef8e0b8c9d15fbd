"""The license's life as a document: what `license` and `status --json` answer with."""

from collections.abc import Iterable
from typing import Any

from kconsole.core.documents import component_document, license_document, update_document
from kconsole.core.reports import Warn
from kconsole.core.times import to_iso
from kconsole.licensing.components import use_of
from kconsole.licensing.lifecycle import OVERDUE_STEPS, Ending, LicenseStatus
from kconsole.operations.session import Session
from kconsole.text.licenses import masked_id


def life_document(session: Session, with_people: bool = True) -> dict[str, Any]:
    """How the license stands.

    Args:
        session: at its store.
        with_people: whether to name the customer, and accounts beyond a component's seats.
    """
    license_, license_status = session.state.license, session.license_status
    registration = {
        "registered_at": to_iso(license_.registered_at),
        "activated_at": to_iso(license_.activated_at),
        "id_end": license_.id_end,
        "id": masked_id(license_),
    }
    if with_people:
        registration["customer"] = license_document(license_)["customer"]
    return {
        "state": license_status.state,
        "word": license_status.word,
        "meaning": license_status.meaning,
        "allows": license_status.allows,
        "next": license_status.next_step,
        "source": license_status.source,
        "suspended": license_status.is_suspended,
        "expired": license_status.is_expired,
        "endings": [_ending_document(ending) for ending in license_status.endings],
        "components": component_documents(session, with_people),
        "update": update_standing_document(license_status),
        "registration": registration,
        "warnings": warning_documents(license_status.warnings),
    }


def component_documents(session: Session, with_people: bool = True) -> list[dict[str, Any]]:
    """The licensed components with their use; accounts beyond their seats are named with `with_people`."""
    license_ = session.state.license
    documents = []
    for use in use_of(license_, session.state.live_entries() if license_.components else ()):
        document = component_document(use.component) | {"users": len(use.users), "over": len(use.beyond)}
        if with_people:
            document["beyond"] = [entry.address for entry in use.beyond]
        documents.append(document)
    return documents


def update_standing_document(license_status: LicenseStatus) -> dict[str, Any] | None:
    """What is on its way; None if nothing is."""
    if license_status.update is None:
        return None
    return update_document(license_status.update.update) | {
        "due_at": to_iso(license_status.update.due_at),
        "overdue": license_status.update.is_overdue,
        "steps": list(OVERDUE_STEPS) if license_status.update.is_overdue else [],
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
