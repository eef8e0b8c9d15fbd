"""Being alone at something: a lock of the database, in a session of its own, which TCP keeps alive."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kconsole.core.codes import message
from kconsole.core.errors import StoreBusy
from kconsole.store.engine import StorageAway
from kconsole.store.postgresql.connection import away, close_quietly, psycopg, speaking
from kconsole.store.postgresql.link import Link


@contextmanager
def leased(link: Link, key: str, deadline: float, busy: Callable[[], StoreBusy]) -> Iterator[Callable[[], None]]:
    """Hold a lock; gives what raises StorageAway if its session has ended, so that others may have it by now.

    Raises:
        StoreBusy: that of `busy`, if others have it until the deadline.
    """
    connection = link.connect()

    def check() -> None:
        try:
            connection.execute("SELECT 1")
        except psycopg().Error as failed:
            why = away(link.where, failed).happened
            raise StorageAway(message("lease-lost", why=why), "database-away-hint") from None

    try:
        with link.losing(), speaking(link.where):
            sql = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            while connection.execute(sql, (key,)).fetchone() != (True,):
                if time.monotonic() >= deadline:
                    raise busy()
                time.sleep(0.05)
        yield check
    finally:
        close_quietly(connection)  # which lets it go
