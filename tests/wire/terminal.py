"""A real terminal: a program runs in a pty, and pyte draws what it writes."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

from kconsole.tui.terminal.terminal_input import MOST_TYPED, WINDOW
from tests.limits import PATIENCE

GRACE = 10.0
"""Seconds that a program has to end by itself once its terminal is gone."""

NOT_FOR_TESTS = (
    "COLUMNS", "LINES",  # a test runner sets them, and they go before the size of the pty
    "NO_COLOR", "COLORFGBG", "TMUX", "STY", "KCONSOLE_CONFIG", "KCONSOLE_STATE", "KCONSOLE_ASCII", "KCONSOLE_STORE",
)  # fmt: skip
"""Variables of whoever runs the tests that a program in a terminal of its own must not see."""

KCONSOLE = (sys.executable, "-m", "kconsole")


class Terminal:
    """A program in a pty of its own."""

    def __init__(self, pid: int, descriptor: int, columns: int, lines: int, is_drawn: bool = True) -> None:
        self.pid, self._descriptor = pid, descriptor
        self._is_drawn = is_drawn
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.written = bytearray()
        self._typed = 0  # characters since the last pause in typing
        """All that the program has written."""

    @property
    def text(self) -> str:
        """What the screen shows.

        Not `display`: that fails where a letter was written over half of a wide one, which terminals make blank.
        """
        screen = self._screen
        lines = (screen.buffer[y] for y in range(screen.lines))
        return "\n".join("".join(line[x].data for x in range(screen.columns)) for line in lines)

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the terminal's own cursor stands: a column and a line."""
        return self._screen.cursor.x, self._screen.cursor.y

    def send(self, keys: str | bytes) -> None:
        """Send keys, or what no key sends."""
        left = keys.encode() if isinstance(keys, str) else keys
        while left:
            left = left[os.write(self._descriptor, left) :]

    def type(self, keys: str) -> None:
        """Send keys no faster than a person types: the console takes a burst for a paste."""
        for start in range(0, len(keys), MOST_TYPED // 4):
            some = keys[start : start + MOST_TYPED // 4]
            if self._typed + len(some) > MOST_TYPED:
                self.watch(WINDOW)
                self._typed = 0
            self._typed += len(some)
            self.send(some)

    def send_until(self, key: str, seen: Callable[[str], bool], what: str) -> "Terminal":
        """Type a key now and then until the screen is as wanted: the program may not take keys yet."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self.text):
            assert time.monotonic() < deadline, f"never saw {what!r}; the screen shows:\n{self.text}"
            self.send(key)
            self._read(1.5)
        return self

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self._screen.resize(lines, columns)
        _set_size(self._descriptor, columns, lines)
        os.kill(self.pid, signal.SIGWINCH)

    def wait_for(self, *texts: str) -> "Terminal":
        """Read until all of the texts stand on the screen."""
        return self.wait_until(lambda screen: all(text in screen for text in texts), " and ".join(texts))

    def wait_until(self, seen: Callable[[str], bool], what: str) -> "Terminal":
        """Read until the screen is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self.text):
            if not self._read(max(deadline - time.monotonic(), 0.0)):
                raise AssertionError(f"never saw {what!r}; the screen shows:\n{self.text}")
        return self

    def wait_for_end(self) -> int:
        """Read until the program ends, and return its exit code.

        What it still writes does not prolong the wait: a cursor that blinks would do so for ever.
        """
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0 and self._read(left):
            pass
        return self.wait_for_end_unseen()

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def close(self) -> None:
        """Let the terminal go away, as when a line drops."""
        os.close(self._descriptor)
        self._descriptor = -1

    def wait_for_end_unseen(self, patience: float = PATIENCE) -> int:
        """Wait until the program ends, after `close`, and return its exit code."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        raise AssertionError("it still runs")

    def watch(self, seconds: float) -> bytes:
        """What the program writes in so many seconds."""
        deadline, before = time.monotonic() + seconds, len(self.written)
        while (left := deadline - time.monotonic()) > 0 and self._read(left):
            pass
        return bytes(self.written[before:])

    def wait_until_silent(self, silence: float) -> "Terminal":
        """Read until the program is silent for so many seconds: a busy machine has it write late."""
        deadline = time.monotonic() + PATIENCE
        while self._read(silence):
            assert time.monotonic() < deadline, f"it never is silent; the screen shows:\n{self.text}"
        return self

    def read(self, patience: float) -> bytes:
        """What the program writes next; nothing if it is silent for so many seconds, or has ended."""
        before = len(self.written)
        self._read(patience)
        return bytes(self.written[before:])

    @property
    def cpu_seconds(self) -> float:
        """What the program has used of the processor."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End the program, if it still runs: let its terminal go away, so that it cleans up; if need be by force."""
        if self._descriptor >= 0:
            self.close()
        if self.pid:
            with suppress(AssertionError):
                self.wait_for_end_unseen(GRACE)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def _read(self, patience: float = PATIENCE) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN | select.POLLHUP)
        ready = poll.poll(patience * 1000)
        if not ready:
            return False
        try:
            received = os.read(self._descriptor, 65536)
        except OSError:
            return False
        self.written += received
        if self._is_drawn:
            self._stream.feed(received)
        return bool(received)


@contextmanager
def terminal(
    *arguments: str,
    columns: int = 80,
    lines: int = 24,
    environment: dict[str, str] | None = None,
    program: Sequence[str] = KCONSOLE,
    home: Path | None = None,
    is_drawn: bool = True,
) -> Iterator[Terminal]:
    """Run a program, kconsole if no other is named, in a terminal.

    Drawing takes much of a processor: a benchmark leaves it, and draws afterwards from what was written.
    """
    variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    for name in NOT_FOR_TESTS:
        variables.pop(name, None)
    if home is not None:
        folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "CONFIG", "STATE")}
        variables |= {"HOME": str(home), **folders}
    variables |= environment or {}
    pid, descriptor = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, whose child would ignore it
        os.execvpe(program[0], [*program, *arguments], variables)
    _set_size(descriptor, columns, lines)
    screen = Terminal(pid, descriptor, columns, lines, is_drawn)
    try:
        yield screen
    finally:
        screen.kill()


def _set_size(descriptor: int, columns: int, lines: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
