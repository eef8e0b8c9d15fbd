"""The SQL that prepares a database, for review and to be run."""

from pathlib import Path

from kconsole.core.errors import Refused, StoreUnusable
from kconsole.store.postgresql.address import parse
from kconsole.store.postgresql.connection import connected, psycopg, speaking


def schema() -> str:
    """The whole SQL, which one transaction runs."""
    return Path(__file__).with_name("schema.sql").read_text("utf-8")


def prepare(address: str) -> str:
    """Run it; returns the login that did.

    Raises:
        Refused: the database is prepared already, or the login may not do that.
        StoreUnusable: it cannot be reached, or is not fit for a journal.
    """
    where = parse(address)
    with connected(where) as connection, speaking(where):
        found = connection.execute("SELECT to_regnamespace('kconsole') IS NOT NULL, session_user::text").fetchone()
        assert found is not None  # noqa: S101  # it always gives one row
        if found[0]:
            raise Refused("database-is-prepared", "init-or-copy", database=address)
        try:
            connection.execute(schema())
        except psycopg().errors.RaiseException as error:
            raise StoreUnusable("database-failed", "see-log-of-database", database=address, error=str(error)) from None
        return str(found[1])
