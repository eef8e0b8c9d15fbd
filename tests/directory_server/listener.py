"""Servers that are no directory, or come between one and who asks it."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.directory_server.certificates import HOST, Certificate


class Listener:
    """Listens on a port of the loopback interface, and does one thing with whoever connects, until it is left."""

    def __init__(self, serve: Callable[["Listener", socket.socket], None]) -> None:
        self.visits = 0
        self.received = bytearray()
        """All that anybody sent, as far as `serve` reads it."""
        self.left = threading.Event()
        """The test is over."""
        self.gone = threading.Event()
        """Someone who was relayed has hung up."""
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listening]
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"ldap://{HOST}:{self.port}"

    @property
    def ldaps_url(self) -> str:
        return f"ldaps://{HOST}:{self.port}"

    def keep(self, opened: socket.socket) -> socket.socket:
        """Have a socket closed at the end."""
        self._sockets.append(opened)
        return opened

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.left.set()
        for opened in self._sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        for opened in self._sockets:
            opened.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.left.is_set():
                visitor = self.keep(self._listening.accept()[0])
                self.visits += 1
                self._begin(lambda visitor=visitor: self._visited(visitor))  # type: ignore[misc]

    def _visited(self, visitor: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._serve(self, visitor)
        with contextlib.suppress(OSError):
            visitor.shutdown(socket.SHUT_RDWR)

    def _begin(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()


def answering(answer: bytes) -> Listener:
    """Whatever it is asked, it answers the same and hangs up."""

    def serve(listener: Listener, visitor: socket.socket) -> None:
        listener.received += visitor.recv(65536)
        visitor.sendall(answer)

    return Listener(serve)


def silent() -> Listener:
    """Never says a word."""
    return Listener(lambda listener, _: _wait(listener))


def trickling(first: bytes, pause: float) -> Listener:
    """Begins an answer, and goes on with a byte now and then."""

    def serve(listener: Listener, visitor: socket.socket) -> None:
        visitor.sendall(first)
        while not listener.left.wait(pause):
            visitor.sendall(b"\0")

    return Listener(serve)


def flooding(first: bytes) -> Listener:
    """Begins an answer, and never stops."""

    def serve(listener: Listener, visitor: socket.socket) -> None:
        visitor.sendall(first)
        while not listener.left.is_set():
            visitor.sendall(bytes(65536))

    return Listener(serve)


def recording(certificate: Certificate) -> Listener:
    """Speaks TLS, keeps the first that it receives, and hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)

    def serve(listener: Listener, visitor: socket.socket) -> None:
        with context.wrap_socket(visitor, server_side=True) as encrypted:
            listener.keep(encrypted)
            listener.received += encrypted.recv(65536)

    return Listener(serve)


def relay(port: int, *, cut_after: int | None = None, stall_after: int | None = None) -> Listener:
    """Passes everything on to another server, until that has answered so many bytes; keeps what it was sent."""

    def serve(listener: Listener, visitor: socket.socket) -> None:
        server = listener.keep(socket.create_connection(("127.0.0.1", port)))

        def there() -> None:
            with contextlib.suppress(OSError):
                while data := visitor.recv(65536):
                    listener.received += data
                    server.sendall(data)
            listener.gone.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

        listener._begin(there)
        passed = 0
        end = next((after for after in (cut_after, stall_after) if after is not None), None)
        while data := server.recv(4096):
            part = data if end is None else data[: end - passed]
            visitor.sendall(part)
            passed += len(part)
            if len(part) < len(data):
                if stall_after is not None:
                    _wait(listener)
                return

    return Listener(serve)


def _wait(listener: Listener) -> None:
    listener.left.wait(60)
