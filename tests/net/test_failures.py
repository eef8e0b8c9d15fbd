"""What errors of the system mean for a server that was asked."""

import errno
import os
import socket
import ssl

import pytest

from kconsole.net.failures import failure_of
from kconsole.net.settings import Address

ADDRESS = Address("https", "mail.example", 4040)


@pytest.mark.parametrize(
    ("cause", "code", "params"),
    [
        (socket.gaierror(-2, "Name or service not known"), "host-unknown", {"host": "mail.example"}),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connection-refused", {"port": 4040}),
        (TimeoutError("timed out"), "answer-late", {}),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"), "tls-failed", {
            "reason": "wrong version number"
        }),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "connection-cut", {}),
        (OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH)), "host-unreachable", {
            "reason": "Network is unreachable"
        }),
    ],
)  # fmt: skip
def test_errors_of_the_network(cause: OSError, code: str, params: dict[str, object]) -> None:
    failure = failure_of("https://mail.example", ADDRESS, cause)
    assert failure is not None
    assert (failure.happened.code, failure.happened.params) == (code, {"url": "https://mail.example", **params})


@pytest.mark.parametrize("cause", [ValueError("x"), OSError("without a number")])
def test_other_errors_are_not_explained(cause: Exception) -> None:
    assert failure_of("https://mail.example", ADDRESS, cause) is None
