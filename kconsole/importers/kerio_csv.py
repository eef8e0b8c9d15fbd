"""A Kerio export: the accounts of one domain as CSV, as Kerio Connect writes and reads them.

Source: Importing users in Kerio Connect, GFI support. Columns `Name;Password;FullName;Description;MailAddress;Groups`
in any order, only Name required; fields separated by `;` with several values by `,`, or fields by `,` with several
values in quotes. The vendor's own sample of the latter has a header with `;`.

Kerio writes passwords in clear text: see `csv_table`.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from kconsole.core.identity import canonical_domain, canonical_login, stripped
from kconsole.importers.csv_table import CsvForm, CsvRow, has_columns, read_csv
from kconsole.importers.file_lines import BadLine, LineMessage, Progress, unwatched

LONGEST_LOGIN: Final = 64  # characters; what RFC 5321 allows before the `@`
LONGEST_VALUE: Final = 1024

_LOGIN: Final = re.compile(r"[A-Za-z0-9._+'&#$~=!%-]*[A-Za-z0-9][A-Za-z0-9._+'&#$~=!%-]*")
_FILE_NAME: Final = re.compile(
    r"users?_(?P<domain>[^_\s]+\.[^_\s]+)(?:_.*)?_\d{4}-?\d{2}-?\d{2}(?: ?\(\d+\))?\.csv", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class CsvAccount:
    """One good row, by the line on which it begins, from 1."""

    line: int
    login: str
    full_name: str
    description: str
    further: tuple[str, ...]
    """Further local parts that reach the account, each once, in the order of the file."""


@dataclass(frozen=True, slots=True)
class KerioExport:
    """The good and the faulty rows of a file."""

    accounts: tuple[CsvAccount, ...]
    faults: tuple[LineMessage, ...]
    encoding: str
    separator: str
    notes: tuple[LineMessage, ...] = ()


def is_kerio_export(document: bytes) -> bool:
    """Whether a file has the columns of an export."""
    return has_columns(document, _FORM)


def read_kerio_export(
    document: bytes, name: str, encoding: str | None = None, domain: str = "", progress: Progress = unwatched
) -> KerioExport:
    """Read a Kerio export of the accounts of this domain.

    Name and MailAddress may hold full addresses in that domain, or in the one that the file's name says, if it is a
    name that Kerio gives to exports.

    Raises:
        BadInput: the file is empty, not text, without a column Name, or in no known encoding.
    """
    domains = {canonical_domain(each) for each in (domain, domain_of_file(name)) if each}
    accounts: dict[str, CsvAccount] = {}

    def take(row: CsvRow) -> None:
        account = _account(row, domains)
        first = accounts.setdefault(canonical_login(account.login), account)
        if first is not account:
            raise BadLine("login-twice", login=first.login, first_line=first.line)

    file = read_csv(document, name, encoding, _FORM, take, progress)
    return KerioExport(tuple(accounts.values()), file.faults, file.encoding, file.separator, file.notes)


def domain_of_file(name: str) -> str | None:
    """The domain in a file name that Kerio gives to exports; None if there is none.

    They are `users_<domain>_<date>.csv` and `user_<domain>_<filename>_<date>.csv`, with `2026-08-05` or `20260805`.
    """
    match = _FILE_NAME.fullmatch(PurePath(name).name)
    return match["domain"] if match else None


def login_problem(login: str) -> str | None:
    """The code of what keeps a text from being a login; None if nothing does.

    Source: the vendor's manual, "usernames cannot include spaces and special characters", diacritics among them.
    Other characters that mail addresses allow and that are safe in file names pass: such a login comes from a server.
    """
    if len(login) > LONGEST_LOGIN:
        return "too-long"
    if _LOGIN.fullmatch(login):
        return None
    if any(letter.isspace() for letter in login):
        return "space"
    if "@" in login:
        return "names-a-domain"
    return "sign" if login.isascii() else "not-ascii"


def check_login(login: str, code: str) -> None:
    """Refuse a text that is no login, with this code and the problem."""
    if problem := login_problem(login):
        raise BadLine(code, problem=problem)


_FORM: Final = CsvForm(
    columns={column: (column.lower(),) for column in ("Name", "FullName", "Description", "MailAddress")},
    required=("Name",),
    separators=";,",
    sample="kerio-export-sample",
    words=("FullName", "Description"),
    is_key=lambda text: login_problem(text) is None,
)


def _account(row: CsvRow, domains: AbstractSet[str]) -> CsvAccount:
    login, _, its_domain = row.values["Name"].partition("@")
    if not login:
        raise BadLine("login-empty")
    if its_domain and canonical_domain(its_domain) not in domains:
        login = row.values["Name"]  # which is none
    check_login(login, "bad-login")
    for column, value in row.values.items():
        if len(value) > LONGEST_VALUE:
            raise BadLine("value-too-long", column=column, longest=LONGEST_VALUE)
    full_name, description = row.values.get("FullName", ""), row.values.get("Description", "")
    further = _further(row.values.get("MailAddress", ""), login, domains)
    return CsvAccount(row.line, login, full_name, description, further)


def _further(values: str, login: str, domains: AbstractSet[str]) -> tuple[str, ...]:
    """The local parts of a MailAddress cell, without the login.

    A full address is one only if it is in one of the domains: any other would silently become an address in a domain
    that it does not name.
    """
    parts = {canonical_login(login): login}
    for value in values.split(","):
        part, at, its_domain = stripped(value).rpartition("@")
        if at and canonical_domain(its_domain) not in domains:
            raise BadLine("further-with-domain")
        part = part if at else its_domain
        if part or at:
            check_login(part, "bad-further")
            parts.setdefault(canonical_login(part), part)
    return tuple(parts.values())[1:]
