"""The vendor's license file: reads it, and says what it makes of a license and what to know before."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput
from kconsole.core.identity import stripped
from kconsole.core.license import ID_SHOWN, Customer, License, PendingUpdate, end_of_id
from kconsole.importers.code_pages import utf8_text
from kconsole.importers.license_file import LicenseFile as LicenseFile
from kconsole.importers.license_file import read_license_file
from kconsole.licensing import guards
from kconsole.licensing.lifecycle import bought
from kconsole.operations.files import read_document

LONGEST_ID: Final = 1024
"""Bytes of a file that holds a license ID and nothing else."""

ID_FORM: Final = message("license-id-form", shown=ID_SHOWN)


def read_license(path: Path, encoding: str | None = None) -> LicenseFile:
    """Read a license file, or standard input for `-`."""
    return read_license_file(*read_document(path), encoding)


def read_id(path: Path) -> str:
    """The end of the license ID in a file, or in standard input for `-`; no more of it is kept."""
    content, name = read_document(path)
    end = id_end_of(utf8_text(content, name)) if len(content) <= LONGEST_ID else None
    if not end:
        raise BadInput("no-license-id-in-file", ID_FORM, effect="nothing-registered", name=name)
    return end


def id_end_of(license_id: str) -> str | None:
    """What is kept of a license ID, or of its end alone; empty if there is none, None if it is no license ID."""
    text = stripped(license_id)
    return end_of_id(text) if all(part.isascii() and part.isalnum() for part in text.split("-")) or not text else None


def installed(license_: License, file: LicenseFile, now: datetime) -> License:
    """A license as a file describes it; what the file does not say stays. Unchanged if it may not be installed.

    The license file of a server is one that was registered and activated there, so it counts as both. Its
    components are those that it names: a renewal without a component removes it.
    """
    if not guards.may_install(license_, file.is_trial).allowed:
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


def file_notes(license_: License, file: LicenseFile, now: datetime) -> list[Message]:
    """What a person must know of a file before it is installed."""
    return [*_notes(license_, file, now.date()), *file.notes]


def _notes(license_: License, file: LicenseFile, today: date) -> Iterator[Message]:
    yield message("file-unsigned")
    if not guards.may_install(license_, file.is_trial).allowed:
        yield message("file-would-be-refused")
    elif file.is_trial:
        yield message("file-of-trial")
    if file.id_end and license_.id_end and file.id_end != license_.id_end:
        yield message("file-of-other-id", theirs=file.id_end, ours=license_.id_end)
    ends = (("license", file.expires), ("maintenance", file.maintenance_until))
    for what, on in (*ends, *((component.name, component.expires) for component in file.components)):
        if on is not None and on < today:
            yield message("file-ended", what=what, on=on)
    if license_.update is not None and _still_pending(license_.update, file, license_) is not None:
        yield message("file-without-purchase", bought=bought(license_.update))


def _still_pending(update: PendingUpdate | None, file: LicenseFile, before: License) -> PendingUpdate | None:
    """The purchase, unless the file includes it."""
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
    """The customer that the file names; further details of the same customer stay."""
    if not file.company or (known is not None and known.organization == file.company):
        return known
    unknown = dict.fromkeys(Customer.__struct_fields__, "")
    return Customer(**unknown | {"organization": file.company, "email": file.email})
