"""The password to a server is in no exception, no log and no traceback."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from kconsole.core.errors import ConsoleError
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.kerio.sockets import BoundedSocket
from tests.providers.kerio.kerio_https import PASSWORD, Call, Error, Raw, TinyServer, give
from tests.providers.kerio.sessions import session

SHORT = 0.5
"""Seconds that tests of time limits wait for a call."""


def echo(call: Call) -> Error:
    return Error(1000, f"cannot do {json.dumps(call.params)}")


@pytest.mark.parametrize(
    "answer",
    [echo, give(Raw(hold=True)), give(Raw(b"<html>")), give(Raw(b"x", cut=0)), give(Error(-32602)), give({"token": 1})],
)
@pytest.mark.parametrize("method", ["Session.login", "Users.create"])
def test_the_password_is_in_no_exception_and_in_no_log(
    tiny: TinyServer,
    kerio: ServerAccess,
    caplog: pytest.LogCaptureFixture,
    answer: Callable[[Call], Any],
    method: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    given = f"{PASSWORD} of another"
    tiny.answers[method] = answer
    with pytest.raises(ConsoleError) as caught, session(kerio, SHORT) as line:  # noqa: PT012
        line.call("Users.create", {"users": [{"loginName": "j", "password": Secret(given)}]}, changes=True)
        raise ConsoleError("made")
    error = caught.value
    reported = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert PASSWORD not in _outside_the_test(reported)
    assert PASSWORD not in f"{error} {error.hints} {error.details}"
    assert error.__context__ is None
    assert PASSWORD not in caplog.text


def _outside_the_test(reported: str) -> str:
    """A traceback without the frames of tests, which know the password of course."""
    frames = reported.split('\n  File "')
    return "\n".join(frame for frame in frames[1:] if "/tests/" not in frame.partition('"')[0])


def test_ctrl_c_leaves_no_frame_with_the_password(
    tiny: TinyServer, kerio: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(BoundedSocket, "recv", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught, session(kerio):
        pass
    reported = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "client.py" in reported
    assert PASSWORD not in _outside_the_test(reported)
    tiny.stopping.set()
