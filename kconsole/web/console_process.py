"""One console in a terminal of its own, for as long as a browser shows it."""

import asyncio
import errno
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import kconsole

BOOT: Final = """
import fcntl, resource, signal, sys, termios
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for number in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM:
    signal.signal(number, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "kconsole"
from kconsole.__main__ import main
main()
"""
"""Takes the terminal, for signals of its size and its end, also where nohup lets the server ignore them; and loads the
program that this one is, wherever it is. Keys end it from then on: before that, it gives up its core dump."""

SOURCE: Final = str(Path(kconsole.__file__).parent.parent)

WIDEST, HIGHEST = 500, 200  # what a window of the largest screens holds

AT_ONCE: Final = 65_536
"""Bytes that are read from the console in one go."""

STEPS: Final = ((signal.SIGHUP, 2.0), (signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0))
"""What ends a console that the browser has left, and the seconds that each is given: below 5 in all."""


class ConsoleProcess:
    """A process of kconsole with a terminal.

    Args:
        words: its command line.
        environment: all of its variables.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._words, self._environment = words, environment
        self._terminal = -1
        self._process: Process | None = None

    async def start(self, width: int, height: int) -> None:
        """Start it, in a terminal of this size."""
        self._terminal, its_end = pty.openpty()
        try:
            os.set_blocking(self._terminal, False)
            self.resize(width, height)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-c", BOOT, SOURCE, *self._words),
                stdin=its_end, stdout=its_end, stderr=its_end,
                env=dict(self._environment), cwd="/", start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(self._terminal)
            self._terminal = -1
            raise
        finally:
            os.close(its_end)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size; the kernel tells the console."""
        size = struct.pack("HHHH", min(max(height, 1), HIGHEST), min(max(width, 1), WIDEST), 0, 0)
        if self._terminal >= 0:
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    async def read(self) -> bytes:
        """What the console shows next; nothing once it has ended."""
        while self._terminal >= 0:
            try:
                return os.read(self._terminal, AT_ONCE)
            except BlockingIOError:
                await self._ready(reads=True)
            except OSError as error:  # EIO: no process has the terminal any more
                if error.errno != errno.EIO:
                    raise
                break
        return b""

    async def write(self, data: bytes) -> None:
        """Type something. It waits for a console that is busy."""
        while data and self._terminal >= 0:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                await self._ready(reads=False)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return

    async def _ready(self, reads: bool) -> None:
        loop, terminal = asyncio.get_running_loop(), self._terminal
        ready: asyncio.Future[None] = loop.create_future()
        (loop.add_reader if reads else loop.add_writer)(terminal, _set, ready)
        try:
            await ready
        finally:
            (loop.remove_reader if reads else loop.remove_writer)(terminal)

    async def end(self) -> None:
        """End it, whatever it does: its terminal hangs up, then it is asked, then killed with all that it started."""
        process = self._process
        if process is None:
            return
        try:
            for number, patience in STEPS:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, number)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._drained(process), patience)
        finally:  # also if the server ends meanwhile
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # what it started, and did not end
            terminal, self._terminal = self._terminal, -1
            if terminal >= 0:
                os.close(terminal)

    async def _drained(self, process: Process) -> None:
        """Wait for its end. What it still shows is dropped: else it would wait for someone to read it."""
        reading = asyncio.ensure_future(self._drop())
        try:
            await process.wait()
        finally:
            reading.cancel()

    async def _drop(self) -> None:
        while await self.read():
            pass


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
