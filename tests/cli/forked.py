"""Runs of the program that begin from a process which has loaded it: nine tenths of a short command are imports.

What comes after the imports is as with `python -m kconsole`: a process and a session of its own, the standard streams,
`main`, and what is done at exit. What is decided before (the encoding, what Python's variables do, what is imported)
needs a real start: `Console.process`.
"""

import atexit
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import NoReturn

from tests.limits import PATIENCE

Stream = int | None
"""A descriptor, `DEVNULL`, `PIPE`, or none: it is closed."""

_LARGEST = 60_000
"""Bytes of a request, and of what a pipe takes at once."""


def run_forked(
    arguments: Sequence[str],
    environment: dict[str, str],
    stdin: Stream = DEVNULL,
    stdout: Stream = PIPE,
    stderr: Stream = PIPE,
    text: bytes = b"",
    code: str = "",
) -> subprocess.CompletedProcess[bytes]:
    """Run the program with these arguments, after this code, which may replace parts of it."""
    assert len(text) < _LARGEST
    mine: list[int] = []
    its: list[Stream] = []
    for given, is_input in ((stdin, True), (stdout, False), (stderr, False)):
        if given == PIPE:
            reader, writer = os.pipe()
            mine.append(writer if is_input else reader)
            its.append(reader if is_input else writer)
        else:
            its.append(
                os.open(os.devnull, os.O_RDWR) if given == DEVNULL else given if given is None else os.dup(given)
            )
    if stdin == PIPE:
        with os.fdopen(mine.pop(0), "wb") as feed:
            feed.write(text)
    _loaded().start(arguments, environment, its, code)
    for each in its:
        if each is not None:
            os.close(each)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(_read, mine))
    out = said.pop(0) if stdout == PIPE else b""
    return subprocess.CompletedProcess(arguments, _loaded().wait(), out, said.pop() if stderr == PIPE else b"")


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


class _Loaded:
    """A process that has loaded the program, and forks for each run."""

    def __init__(self) -> None:
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(PATIENCE)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(its.fileno())],
            pass_fds=[its.fileno()], stdin=DEVNULL, stdout=DEVNULL, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        its.close()

    def start(self, arguments: Sequence[str], environment: dict[str, str], streams: list[Stream], code: str) -> None:
        """Begin a run with these descriptors as its standard streams."""
        is_open = [each is not None for each in streams]
        request = json.dumps([list(arguments), environment, is_open, str(Path.cwd()), code]).encode()
        socket.send_fds(self._socket, [request], [each for each in streams if each is not None])

    def wait(self) -> int:
        """The exit code of the run, or minus the signal that ended it."""
        return int(self._socket.recv(100))


@cache
def _loaded() -> _Loaded:
    return _Loaded()


def serve(descriptor: int) -> None:
    """Run what is asked for, one after the other, until the tests are gone. A run leaves by its exit code."""
    import kconsole

    for module in pkgutil.walk_packages(kconsole.__path__, "kconsole."):
        if not module.name.startswith("kconsole.tui") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from kconsole.__main__ import main

    asked = socket.socket(fileno=descriptor)
    while True:
        request, streams, *_ = socket.recv_fds(asked, _LARGEST, 3)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            asked.close()
            arguments, environment, is_open, folder, code = json.loads(request)
            _become(arguments, environment, is_open, folder, streams)
            _run(code, main)
        for each in streams:
            os.close(each)
        asked.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _become(
    arguments: list[str], environment: dict[str, str], is_open: list[bool], folder: str, streams: list[int]
) -> None:
    """Be a process as Python starts one."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for target in range(3):
        if is_open[target]:
            given = streams.pop(0)
            os.dup2(given, target)
            os.close(given)
        else:
            os.close(target)
    for name, descriptor, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        stream = None
        with suppress(OSError):
            stream = open(descriptor, mode, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv[1:] = arguments


def _run(code: str, main: Callable[[], object]) -> NoReturn:
    """Run the code, then the program, and end as Python does.

    Only no module is taken to pieces, as that is most of a short run.
    """
    ended: object = None
    try:
        exec(code, {})
        main()
    except SystemExit as leaving:
        ended = leaving.code
        if isinstance(ended, str):
            print(ended, file=sys.stderr)  # noqa: T201
    except BaseException:
        traceback.print_exc()
        ended = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    status = ended if isinstance(ended, int) else int(ended is not None)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        status = 120
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
