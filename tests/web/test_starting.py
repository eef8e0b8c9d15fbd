"""How a server takes its socket, and what a console gives up before keys reach it."""

import os
import socket
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from kconsole.cli.serve import _at
from kconsole.core.errors import BadInput
from kconsole.web import console_process


def test_of_two_servers_that_start_at_once_one_takes_a_stale_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    other = os.open(tmp_path, os.O_RDONLY)
    flock(other, LOCK_EX)
    with pytest.raises(BadInput) as refused:
        _at(path)
    assert refused.value.code == "serve-already"
    os.close(other)
    _at(path).close()


async def test_keys_that_end_a_console_leave_no_core_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "kconsole"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "from resource import *\ndef main(): print('limit', *getrlimit(RLIMIT_CORE), flush=True)\n"
    )
    monkeypatch.setattr(console_process, "SOURCE", str(tmp_path))
    console = console_process.ConsoleProcess([], {})
    await console.start(80, 24)
    assert b"limit 0 0" in await console.read()
    await console.end()
