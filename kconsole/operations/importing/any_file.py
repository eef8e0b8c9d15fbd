"""Importing a file that a user names, as what it is: an export, the server's own files, or logins."""

from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, reason_of
from kconsole.core.times import zone_named
from kconsole.importers.csv_table import LARGEST
from kconsole.importers.file_lines import Progress, unwatched
from kconsole.importers.kerio_csv import domain_of_file, is_kerio_export, read_kerio_export
from kconsole.importers.login_csv import is_login_csv, read_login_csv
from kconsole.operations.files import open_file
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.importing.kerio_files import SERVER, USERS, ImportKerio, read_kerio
from kconsole.operations.importing.logins import ImportLogins

AnyImport = ImportAccounts | ImportKerio | ImportLogins

_BLANKS: Final = b"\0 \t\r\n\x1a\xef\xbb\xbf\xff\xfe"  # and the marks of encodings


class FileToImport(NamedTuple):
    """A file that a user names, and what the file itself may not say."""

    path: Path
    domain: str = ""
    """The domain of an export; empty for the one in the file's name, or else `other_domain`."""
    other_domain: str = ""
    zone: str = ""
    """The zone of times that name none; empty for this machine's."""
    encoding: str | None = None


def read_import(file: FileToImport, now: datetime, progress: Progress = unwatched) -> AnyImport:
    """Read a file, and return the import that it asks for: of the good rows only if all are good.

    Raises:
        BadInput: it cannot be read, or is none of what can be imported.
        EncodingUnconfirmed: it is not in UTF-8, and no encoding was named.
    """
    path, name = file.path, str(file.path)
    zone = zone_named(file.zone) if file.zone else None
    if path.is_dir() or path.name in (USERS, SERVER):
        return ImportKerio(read_kerio(path if path.is_dir() else path.parent, progress))
    document = _content(path)
    if not document.strip(_BLANKS):
        raise BadInput("csv-empty", "files-to-import", file=name)
    if is_login_csv(document):
        return ImportLogins(read_login_csv(document, name, now, zone, file.encoding, progress))
    if is_kerio_export(document):
        domain = file.domain or domain_of_file(path.name) or file.other_domain
        if not domain:
            raise BadInput("domain-of-export-needed", "type-the-domain", file=name)
        return ImportAccounts(read_kerio_export(document, name, file.encoding, domain, progress), domain)
    if document.lstrip(_BLANKS).startswith(b"<"):
        hint = message("name-server-folder", users=USERS, server=SERVER)
        raise BadInput("config-renamed", hint, file=name, users=USERS, server=SERVER)
    raise BadInput("file-not-known", "files-to-import", file=name)


def _content(path: Path) -> bytes:
    """The content of a file, and of nothing else that has a path: a pipe without a writer would never end."""
    try:
        with open_file(path) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput("cannot-read", "check-the-name", file=str(path), reason=reason_of(error)) from error
    if len(content) > LARGEST:
        raise BadInput("document-too-large", file=str(path), megabytes=LARGEST // 1024**2)
    return content
