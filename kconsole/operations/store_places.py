"""Places for a store: a database that is prepared for it, and a copy of it somewhere else."""

from kconsole.core.errors import BadInput
from kconsole.core.history import Operator
from kconsole.operations.locations import Location
from kconsole.store.copied_lines import copy_store
from kconsole.store.engine import Head
from kconsole.store.postgresql.schema import prepare as prepare_database
from kconsole.store.postgresql.schema import schema as schema


def prepare(store: Location) -> str:
    """Prepare a database for stores; returns the login that did.

    Raises:
        BadInput: it is a folder.
        Refused: it is prepared already, or the login may not do that.
        StoreUnusable: it cannot be reached, or is not fit for a journal.
    """
    if not isinstance(store, str):
        raise BadInput("database-address", "address-like-this")
    return prepare_database(store)


def copy(source: Location, target: Location, operator: Operator, patience: float) -> Head:
    """Copy a store to where there is none; see `copy_store`."""
    return copy_store(source, target, operator.shown, patience)
