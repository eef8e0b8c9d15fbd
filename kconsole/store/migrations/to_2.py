"""From format 1 to 2: the log moved out of the file, into the journal."""

from typing import Any


def migrate(tables: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The tables without the log; what it held is still in the file that is kept as the backup."""
    return {name: table for name, table in tables.items() if name != "log"}
