"""The license as a JSON document, as `license` and `status --json` answer."""

from collections.abc import Iterable
from typing import Any

from kconsole.cli.output import seats_document
from kconsole.core.codes import Message
from kconsole.core.encoding import document_of
from kconsole.core.license import Price
from kconsole.core.times import to_iso
from kconsole.licensing.components import ComponentUse, use_of
from kconsole.licensing.guards import LicensePlan
from kconsole.licensing.lifecycle import Ending, LicenseStatus
from kconsole.operations.session import Session
from kconsole.text.licenses import masked_id, next_step, warning_words
from kconsole.text.sentences.license import OVERDUE_STEPS, STATES


def life_document(session: Session, with_people: bool = True) -> dict[str, Any]:
    """The state of the license; `with_people` names the customer, and the accounts beyond a component's seats."""
    license_, status = session.state.license, session.license_status
    state = STATES[status.code]
    registration = {
        "registered_at": to_iso(license_.registered_at),
        "activated_at": to_iso(license_.activated_at),
        "id_end": license_.id_end,
        "id": masked_id(license_),
    }
    if with_people:
        registration["customer"] = document_of(license_)["customer"]
    return {
        "state": status.state,
        # Programs look for the word of version 0.1; people read "not recorded".
        "word": "unregistered" if status.code == "unregistered" else state.word,
        "meaning": state.meaning,
        "allows": state.allows,
        "next": next_step(status, session.seats.report()),
        "source": status.source,
        "suspended": status.is_suspended,
        "expired": status.is_expired,
        "endings": [_ending_document(ending) for ending in status.endings],
        "components": component_documents(session, with_people),
        "update": update_status_document(status),
        "registration": registration,
        "price": price_document(license_.price),
        "warnings": warning_documents(status.warnings),
    }


def price_document(price: Price | None) -> dict[str, str] | None:
    """What a seat costs for a year; the amount is text: most readers of JSON make a binary fraction of a number."""
    return None if price is None else {"amount": str(price.amount), "currency": price.currency}


def use_in(session: Session) -> list[ComponentUse]:
    """Which accounts use the licensed components."""
    license_ = session.state.license
    entries = session.store.state.live_entries() if license_.components else ()
    return use_of(license_, entries, session.seats.policy, session.authority.sees)


def component_documents(session: Session, with_people: bool = True) -> list[dict[str, Any]]:
    """The licensed components with their use."""
    documents = []
    for use in use_in(session):
        document = document_of(use.component) | {"users": len(use.users), "over": use.over}
        if with_people:
            document["beyond"] = [entry.address for entry in use.beyond]
        documents.append(document)
    return documents


def update_status_document(status: LicenseStatus) -> dict[str, Any] | None:
    """The pending purchase; None if there is none."""
    if (update := status.update) is None:
        return None
    steps = list(OVERDUE_STEPS) if update.is_overdue else []
    due = {"due_at": to_iso(update.due_at), "overdue": update.is_overdue, "steps": steps}
    return document_of(update.update) | due


def warning_documents(warnings: Iterable[Message]) -> list[dict[str, str]]:
    """Warnings as every answer has them."""
    return [{"code": warning.code, "text": warning_words(warning)} for warning in warnings]


def plan_document(plan: LicensePlan) -> dict[str, Any]:
    """What another license would mean."""
    return {
        "over": plan.decision.over,
        "needs_over_limit": plan.needs_consent,
        "at_login": {**plan.access._asdict(), "accounts": [entry.address for entry in plan.at_risk]},
        "seats_before": seats_document(plan.now),
        "seats_after": seats_document(plan.planned),
    }


def _ending_document(end: Ending) -> dict[str, Any]:
    days = {"days_left": end.days, "over": end.is_over, "warned_at": end.warned_at}
    return {"what": end.what, "on": end.on.isoformat()} | days
