"""A server that answers in the words of LDAP what a test wants it to, for what no real server can be brought to say."""

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Final

from tests.directory_server.certificates import Certificate
from tests.directory_server.listener import Listener

BIND: Final = 0x60
BIND_ANSWER: Final = 0x61
SEARCH: Final = 0x63
ENTRY: Final = 0x64
DONE: Final = 0x65
COMPARE: Final = 0x6E
COMPARE_ANSWER: Final = 0x6F
EXTENDED: Final = 0x77
EXTENDED_ANSWER: Final = 0x78
UNBIND: Final = 0x42


def ber(tag: int, *parts: bytes) -> bytes:
    """Something in BER."""
    content = b"".join(parts)
    size = len(content).to_bytes(4, "big")
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else b"\x84" + size) + content


def result(tag: int, code: int, said: str = "") -> bytes:
    """How an operation ended."""
    return ber(tag, ber(0x0A, bytes([code])), ber(0x04), ber(0x04, said.encode()))


def entry(name: str, **values: str | bytes) -> bytes:
    """One of what a search finds."""
    attributes = [
        ber(0x30, ber(0x04, key.encode()), ber(0x31, ber(0x04, value if isinstance(value, bytes) else value.encode())))
        for key, value in values.items()
    ]
    return ber(ENTRY, ber(0x04, name.encode()), ber(0x30, *attributes))


def cookie(value: bytes) -> bytes:
    """What follows the end of a page that is not the last. Source: RFC 2696."""
    page = ber(0x30, ber(0x02, b"\0"), ber(0x04, value))
    return ber(0xA0, ber(0x30, ber(0x04, b"1.2.840.113556.1.4.319"), ber(0x04, page)))


def speaking(
    answers: Mapping[int, Sequence[bytes]], certificate: Certificate | None = None, *, absent: bool = True
) -> Listener:
    """Answers each kind of question with the same operations, over TLS at once if it has a certificate.

    Without `absent` a search for entries without an attribute finds none.
    """
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)

    def serve(listener: Listener, visitor: socket.socket) -> None:
        spoken = visitor if context is None else listener.keep(context.wrap_socket(visitor, server_side=True))
        while (asked := _message(spoken)) and asked[1] != UNBIND:
            number, kind, content = asked
            is_for_absent = kind == SEARCH and not absent and _NOT_PRESENT.search(content)
            chosen = answers[kind][-1:] if is_for_absent else answers[kind]
            spoken.sendall(b"".join(ber(0x30, ber(0x02, number), answer) for answer in chosen))

    return Listener(serve)


_NOT_PRESENT: Final = re.compile(rb"\xa2.\x87", re.DOTALL)
"""A condition that an attribute is absent: not, present."""


def _message(spoken: socket.socket) -> tuple[bytes, int, bytes] | None:
    """The number of the next question, its kind and all of it; None if the client has hung up, in its middle too."""
    if len(start := _exactly(spoken, 2)) < 2:
        return None
    size = start[1]
    if size >= 128:
        size = int.from_bytes(_exactly(spoken, size - 128), "big")
    content = _exactly(spoken, size)
    if not content or len(content) < size:
        return None
    return content[2 : 2 + content[1]], content[2 + content[1]], content


def _exactly(spoken: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (data := spoken.recv(size - len(got))):
        got += data
    return got
