"""Exports of users as Kerio Connect writes them: two that are whole, a broken one, and those of a test."""

from pathlib import Path

from kconsole.importers.kerio_csv import KerioExport, read_kerio_export

FILES = Path(__file__).parent / "files"
NORTHWIND = FILES / "users_northwind.example_2026-08-05.csv"
RETAIL = FILES / "users_retail.northwind.example_20260805.csv"
"""In Windows-1250."""

BROKEN = FILES / "users_broken_2026-08-05.csv"


def export_of(file: Path) -> KerioExport:
    return read_kerio_export(file.read_bytes(), file.name, "cp1250" if file == RETAIL else None)


COLUMNS = ("Name", "Password", "FullName", "Description", "MailAddress", "Groups")
HEADER = ";".join(COLUMNS)


def read(text: str, name: str = "users.csv") -> KerioExport:
    return read_kerio_export(text.encode(), name)
