"""The vendor's license file: read, what it would make of a license, and what has to be said before it is installed."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from msgspec.structs import fields, replace

from kconsole.core.codes import hints_of
from kconsole.core.errors import BadInput
from kconsole.core.license import ID_SHOWN, Customer, License, PendingUpdate, end_of_id
from kconsole.core.reports import Decision
from kconsole.importers.license_file import LicenseFile as LicenseFile
from kconsole.importers.license_file import read_license_file
from kconsole.licensing.lifecycle import COMPONENT_WORDS, bought_words
from kconsole.operations.streams import read_document

UNSIGNED: Final = "Its signature is not checked: only the server can do that."
"""What has to be said of every license file."""

LONGEST_ID: Final = 1024
"""Bytes of a file that holds a license ID and nothing else."""

TAKEN: Final = Decision(True, "allowed")


def read_license(path: Path) -> LicenseFile:
    """Read a license file, or standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is no license file.
    """
    return read_license_file(*read_document(path))


def read_id(path: Path) -> str:
    """The end of the license ID in a file, or in standard input for `-`; no more of it is kept.

    Raises:
        BadInput: it cannot be read, or does not hold one.
    """
    content, name = read_document(path)
    end = checked_end(content.decode("utf-8-sig", errors="replace")) if len(content) <= LONGEST_ID else None
    if not end:
        raise BadInput(f"{name} does not hold a license ID.", ID_FORM)
    return end


def checked_end(license_id: str) -> str | None:
    """What is kept of a license ID, or of its end alone; empty if there is none, None if that is no license ID."""
    text = license_id.strip()
    return end_of_id(text) if all(part.isascii() and part.isalnum() for part in text.split("-")) or not text else None


def checked_id(license_id: str) -> str:
    """The end of a license ID.

    Raises:
        BadInput: that is none; what was given is no part of the error.
    """
    end = checked_end(license_id)
    if not end:
        raise BadInput("That is not a license ID.", ID_FORM)
    return end


ID_FORM: Final = f"It has the form NNNNN-XXXXX-XXXXX; its last {ID_SHOWN} characters will do. Nothing was registered."


def may_install(license_: License, file: LicenseFile) -> Decision:
    """Whether a file may be installed over a license: a trial's may not take the place of a registered license."""
    if file.is_trial and (license_.registered_at is not None or license_.activated_at is not None):
        return Decision(False, "trial-file", hints=hints_of("install-the-license"))
    return TAKEN


def installed(license_: License, file: LicenseFile, now: datetime) -> License:
    """A license as a file says it is; what the file does not say stays. The same one if the file may not be installed.

    The file of a license on the server is one that was registered and activated there, so it counts as both. Its
    components are those that it names: a renewal without one has it no longer.
    """
    if not may_install(license_, file).allowed:
        return license_
    after = replace(
        license_,
        seats=file.seats if file.says_users else license_.seats,
        id_end=file.id_end or license_.id_end,
        components=file.components,
        update=_still_pending(license_.update, file, license_),
    )
    if file.is_trial:
        return replace(after, trial_until=file.expires or license_.trial_until)
    return replace(
        after,
        registered_at=license_.registered_at or now,
        customer=_customer_of(file, license_.customer),
        activated_at=license_.activated_at or now,
        maintenance_until=file.maintenance_until or license_.maintenance_until,
        expires=file.expires if file.says_expires else license_.expires,
    )


def file_notes(license_: License, file: LicenseFile, now: datetime) -> list[str]:
    """What has to be said of a file before it is installed, for a person. Text from outside may be in it."""
    return [UNSIGNED, *_surprises(license_, file, now.date()), *file.notes]


def _surprises(license_: License, file: LicenseFile, today: date) -> Iterator[str]:
    decision = may_install(license_, file)
    if not decision.allowed:
        yield "That is the file of a trial, and a license is registered here: it would be refused."
    elif file.is_trial:
        yield "It is the file of a trial."
    if file.id_end and license_.id_end and file.id_end != license_.id_end:
        yield f"It is of another license ID: it ends in {file.id_end}, and the one here in {license_.id_end}."
    if file.expires is not None and file.expires < today:
        yield f"It has expired on {file.expires}."
    if file.maintenance_until is not None and file.maintenance_until < today:
        yield f"Its Software Maintenance has ended on {file.maintenance_until}."
    for component in file.components:
        if component.expires is not None and component.expires < today:
            yield f"Its {COMPONENT_WORDS[component.name]} has ended on {component.expires}."
    if license_.update is not None and _still_pending(license_.update, file, license_) is not None:
        yield f"It does not bring what is on its way: {bought_words(license_.update)}. That stays pending."


def _still_pending(update: PendingUpdate | None, file: LicenseFile, before: License) -> PendingUpdate | None:
    """What was bought, unless the file brings all of it."""
    if update is None:
        return None
    has_components = {component.name for component in file.components}.issuperset(update.components)
    has_seats = (
        not update.seats
        or before.seats is None
        or (file.says_users and (file.seats is None or file.seats >= before.seats + update.seats))
    )
    return None if has_components and has_seats else update


def _customer_of(file: LicenseFile, known: Customer | None) -> Customer | None:
    """Whom the file names; what more is known of him stays, unless he is another."""
    if not file.company or (known is not None and known.organization == file.company):
        return known
    empty = {field.name: "" for field in fields(Customer)}
    return Customer(**{**empty, "organization": file.company, "email": file.email})
