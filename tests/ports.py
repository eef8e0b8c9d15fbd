"""Ports of the loopback interface that stay a test's own though no one listens to them."""

import socket


def kept_port(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """A socket that is bound to a port, to any that is free if none is named, and does not listen.

    Whoever connects is refused, and no other process is given the port. A server may listen there all the same and go
    away again, as often as it likes: Linux lets both be bound to it if both say SO_REUSEADDR and one does not listen.

    Raises:
        OSError: someone listens there.
    """
    kept = socket.socket()
    try:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind((host, port))
    except BaseException:
        kept.close()
        raise
    return kept


def number_of(kept: socket.socket) -> int:
    """The number of the port that a socket is bound to."""
    number: int = kept.getsockname()[1]
    return number
