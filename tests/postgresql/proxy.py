"""What stands between a console and its database, and swallows what it is told to: no one is ever hung up on."""

import selectors
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.postgresql.server import Database


class Proxy:
    """Forwards between sockets.

    Attributes:
        address: of the database, through this.
        swallows_after: a part of a question after which the session with it gets no answer; that of others goes on.
        swallows: whether no one gets any.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.address = database.address().replace(database.server.quoted, str(folder).replace("/", "%2F"))
        self.swallows_after = b""
        self.swallows = False
        self.silent = 0
        """Sessions that get no answer any more."""
        self._to = str(database.server.folder / ".s.PGSQL.5432")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        self._listener.settimeout(0.05)
        while not self._ends.is_set():
            with suppress(TimeoutError):
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._forward, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _forward(self, client: socket.socket) -> None:
        is_silent = False
        with client, socket.socket(socket.AF_UNIX) as server, selectors.DefaultSelector() as selector:
            server.connect(self._to)
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while not self._ends.is_set():
                for key, _ in selector.select(0.05):
                    with suppress(OSError):
                        some = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not some:
                            return
                        if key.fileobj is client and self.swallows_after and self.swallows_after in some:
                            is_silent, self.swallows_after = True, b""
                            self.silent += 1
                        if not (is_silent and key.fileobj is server) and not self.swallows:
                            key.data.sendall(some)


@contextmanager
def proxied(database: Database) -> Iterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="kconsole-proxy-") as folder:
        proxy = Proxy(Path(folder), database)
        try:
            yield proxy
        finally:
            proxy.close()
