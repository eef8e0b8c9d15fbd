"""Notices to the people whose accounts are marked: a text file for each, from a template. kconsole sends no mail."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from kconsole.core.codes import message, short
from kconsole.core.decisions import Mark
from kconsole.core.errors import BadInput, reason_of
from kconsole.core.identity import shown_address
from kconsole.core.records import Entry
from kconsole.importers.code_pages import utf8_text
from kconsole.operations.confinement import is_confined
from kconsole.operations.files import LARGEST_OWN, check_not_of_store, read_document, writing
from kconsole.operations.samples import sample_folder
from kconsole.store.file_engine.files import PRIVATE_FOLDER

LANGUAGES: Final = ("en", "cs", "de")
"""The templates that kconsole ships."""

FIELDS: Final = ("address", "login", "domain", "name", "due", "last_login", "policy")
"""What a template may name, each after a $."""

LONGEST_NAME: Final = 120
"""Characters of a file's name that come from an address."""

NEVER: Final = "—"
"""What stands for the last login of an account that has none, in every language."""

_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9@._+-]")
_LOOKS_NUMBERED: Final = re.compile(r"-\d+$")


class Notice(NamedTuple):
    """What a person is to know."""

    entry: Entry
    mark: Mark


def read_template(name: str) -> Template:
    """A template that kconsole ships, by its language, or one in a file.

    Raises:
        BadInput: it cannot be read, is not in UTF-8, or names something that no notice has.
    """
    path = sample_folder() / "notices" / f"{name}.txt" if name in LANGUAGES else Path(name)
    content, file = read_document(path, LARGEST_OWN, only_files=True)
    template = Template(utf8_text(content, file).replace("\r\n", "\n"))
    unknown = [] if template.is_valid() else ["$"]
    unknown += (f"${short(each)}" for each in template.get_identifiers() if each not in FIELDS)
    if unknown:
        hint = message("template-may-name", fields=[f"${each}" for each in FIELDS])
        raise BadInput("template-names-unknown", hint, file=file, unknown=unknown)
    return template


def check_folder(folder: Path, store: Path) -> None:
    """Make the folder for notices, unless it is there.

    Raises:
        BadInput: it cannot be made, is in the store's folder, or is not for an operator under a forced command.
    """
    if is_confined():
        raise BadInput("not-under-forced-command", "leave-it-out", what="--notices")
    check_not_of_store(folder.absolute(), store)
    try:
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise BadInput("cannot-write", "choose-another-name", file=str(folder), reason=reason_of(error)) from error


def write_notices(notices: Iterable[Notice], template: Template, folder: Path, store: Path) -> list[Path]:
    """Write a file for each account that can still log in; one of the same name is replaced.

    Raises:
        BadInput: one cannot be written; those before it are there.
    """
    written = []
    for notice in notices:
        if notice.entry.enabled:
            path = folder / file_name(notice.entry)
            with writing(path, store) as file:
                file.write(template.substitute(_values(notice)).encode(errors="replace"))
            written.append(path)
    return written


def file_name(entry: Entry) -> str:
    """A name for the notice of an account, from its address: another one for each, on every file system."""
    name = _NOT_IN_NAMES.sub("_", entry.address.lower())[:LONGEST_NAME].lstrip(".-")
    is_whole = bool(name) and name == entry.address and not _LOOKS_NUMBERED.search(name)
    return f"{name}.txt" if is_whole else f"{name or '_'}-{entry.id}.txt"


def _values(notice: Notice) -> dict[str, str]:
    entry, mark = notice.entry, notice.mark
    login = entry.last_login
    values: Sequence[str] = (
        shown_address(entry.address),
        entry.login,
        entry.domain,
        entry.full_name.strip() or shown_address(entry.address),
        str(mark.due.date()),
        NEVER if login is None else str(login.at.date()),
        mark.policy,
    )
    return {field: _one_line(value) for field, value in zip(FIELDS, values, strict=True)}


def _one_line(text: str) -> str:
    """A text without what is not printed: a line feed in a name would be a line of the notice."""
    return "".join(each if each.isprintable() else " " for each in text)
