"""demo --server: a server of its own, which ends with the demo."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from kconsole.cli.screen import find_test_server
from kconsole.core.errors import NotFound
from kconsole.operations.samples import sample_session
from tests.cli.console import Console
from tests.kerio_server.beside import demo_server
from tests.kerio_server.fixtures import need_openssl
from tests.limits import PATIENCE, wait_until


def test_the_demo_has_a_server_of_its_own_and_stops_it(tmp_path: Path) -> None:
    need_openssl()
    session = sample_session("office", tmp_path / "store")
    entries = len(session.state.live_entries())
    with demo_server("office") as beside:
        beside.fill(session)
        access = beside.server.access
    assert session.state.server is not None
    assert session.state.server.access == access
    assert session.state.server.synced_at is not None
    assert len(session.state.live_entries()) == entries
    session.close()
    other = Console(tmp_path / "other")
    other.done("init")
    other.done("server", "add", "x", "--url", access.url, "--user", "Admin", "--fingerprint", access.fingerprint)
    (tmp_path / "password").write_text("x")
    (tmp_path / "password").chmod(0o600)
    assert other("sync", "--password-file", str(tmp_path / "password")).code == 8


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except OSError:
        return False
    return True


def test_its_server_ends_with_the_demo_however_that_ends() -> None:
    need_openssl()
    code = "import sys, time\nfrom tests.kerio_server.beside import demo_server\nwith demo_server('small') as beside:\n"
    code += "    print(beside.server.access.url.rpartition(':')[2], flush=True)\n    sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        port = int(demo.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            demo.kill()
            demo.wait()
            connection.settimeout(PATIENCE)
            with suppress(ConnectionError):
                assert connection.recv(1) == b""  # it hangs up when it ends
            wait_until(lambda: not is_listening(port), "the end of the server")


def test_without_the_source_there_is_no_test_server(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="demo-server-needs-source"):
        find_test_server(tmp_path)
    assert Console(tmp_path / "store")("demo", "--server", "--into", str(tmp_path / "kept")).code == 2
