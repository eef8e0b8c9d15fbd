"""Where a store is: a folder, or a database. Commands that need its files ask here for them."""

from pathlib import Path

from kconsole.core.errors import Refused
from kconsole.store.postgresql.address import is_database as is_database

Location = Path | str
"""A folder, or the address of a database."""


def location_of(name: str) -> Location:
    """The location that a user names. A leading `~` is expanded here too, since no shell expands it in a variable.

    Raises:
        BadInput: it is an address that makes no sense, or has a password.
        RuntimeError: a home folder is unknown.
    """
    if is_database(name):
        from kconsole.store.postgresql.address import parse

        return parse(name).shown
    return Path(name.removeprefix("file:")).expanduser()


def folder_at(location: Location) -> Path:
    """The folder of a store; of one in a database, that of what this host keeps of it."""
    if isinstance(location, Path):
        return location
    from kconsole.store.postgresql.address import parse
    from kconsole.store.postgresql.cache import Cache

    return Cache(parse(location).digest).folder


def own_folder_at(location: Location, command: str) -> Path:
    """The folder of a store that is kept in files, for a command that makes sense there only.

    Raises:
        Refused: the store is in a database.
    """
    if isinstance(location, Path):
        return location
    raise Refused("only-for-folders", "database-does-that", command=command, database=location)
