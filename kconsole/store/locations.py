"""Addresses of stores, and the engines that keep what is there."""

import os
from pathlib import Path
from typing import Final

from kconsole.core.history import Operator, as_operator
from kconsole.store.engine import JournalEngine, StorageAway, unreadable
from kconsole.store.file_engine.engine import FileEngine
from kconsole.store.postgresql.address import is_database as is_database

SCHEME: Final = "file:"

Address = str | os.PathLike[str]
"""Where a store is: `file:DIR`, a path alone, or `postgresql:...`."""


def engine_at(address: Address, read_only: bool = False, allow_network_fs: bool = False) -> JournalEngine:
    """The engine of the store at an address, not yet opened."""
    if isinstance(address, str) and is_database(address):
        from kconsole.store.postgresql.engine import PostgresEngine

        return PostgresEngine(address, read_only)
    folder = os.fspath(address).removeprefix(SCHEME)
    try:
        return FileEngine(Path(folder), read_only, allow_network_fs)
    except OSError as error:  # a name that is too long, for example
        raise unreadable(folder, error) from error


def known_to(engine: JournalEngine, operator: Operator | str) -> Operator:
    """An operator as the storage knows them: by its login. The user that this host's system names is a claim then."""
    who = as_operator(operator)
    if engine.login in ("", who.user):
        return who
    return who._replace(user=engine.login, claimed=who.claimed or who.user)


def refuse_away(engine: JournalEngine) -> None:
    """Raise StorageAway where the journal itself is needed, and what was read of it before will not do."""
    if engine.away is not None:
        raise StorageAway(engine.away.why, "database-away-hint")
