"""The server by itself: python -m tests.kerio_server."""

import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.kerio_server.fixtures import need_openssl
from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]


def test_it_runs_alone_and_says_what_it_is(tmp_path: Path) -> None:
    need_openssl()
    words = ("--accounts", "20", "--domains", "2", "--port", "0", "--folder", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.kerio_server", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line.rstrip())
            if line == "ready\n":
                break
        reported = dict(line.split(maxsplit=1) for line in lines[1:-1])
        context = ssl.create_default_context(cafile=reported["certificate"])
        with urllib.request.urlopen(f"{reported['url']}/admin/", context=context, timeout=PATIENCE) as page:
            text = page.read()
        running.send_signal(signal.SIGINT)

        assert running.wait(PATIENCE) == 0
    assert "TEST SERVER, not Kerio Connect" in lines[0]
    assert reported["holds"].startswith("21 users in 2 domains")
    assert b"This is a test server" in text


def test_a_wrong_number_is_refused() -> None:
    words = [sys.executable, "-m", "tests.kerio_server", "--domains", "0"]

    assert subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode == 2
