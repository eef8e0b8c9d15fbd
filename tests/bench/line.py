"""One program on a line: when each byte of it came, and what it cost to get it.

Nothing is drawn while it is measured: drawing takes more of the processor than the programs do. The bytes are kept with
the moments at which they came, and drawn afterwards, to find the moment at which the screen was full or changed last.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import pyte

from tests.wire.terminal import Terminal, terminal

QUIET: Final = 0.25
"""Seconds of silence after which an answer is taken for complete, if the program also did next to nothing in them."""

BUSY: Final = 0.2
"""The share of a processor that is more than next to nothing."""

PATIENCE: Final = 180.0
"""Seconds after which a program that never comes to rest is given up."""

SEEN: Final = 2000
"""How many bytes of a program that failed are reported."""

Chunk = tuple[float, bytes]
"""When something came, and what."""


class Answer(NamedTuple):
    """What came of a key."""

    seconds: float
    """To the last byte that changed the screen; 0 if none did."""

    bytes: int
    """All that came, whether it changed anything or not."""


NOTHING: Final = Answer(0, 0)


class Picture:
    """A screen that is drawn afterwards."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._lines: dict[int, tuple[pyte.screens.Char, ...]] = {}

    def draw(self, received: bytes) -> bool:
        """Draw what came; whether it changed anything but the place of the cursor."""
        self._screen.dirty.clear()
        self._stream.feed(received)
        is_changed = False
        for number in self._screen.dirty:
            line = tuple(self._screen.buffer[number][column] for column in range(self._screen.columns))
            is_changed |= self._lines.get(number) != line
            self._lines[number] = line
        return is_changed

    @property
    def text(self) -> str:
        """What it shows."""
        return "\n".join(self._screen.display)

    @property
    def accounts(self) -> frozenset[tuple[int, str]]:
        """The accounts on its lines: of their addresses what is before the @, as more may be cut or not."""
        lines = enumerate(self._screen.display)
        return frozenset(
            (number, word.partition("@")[0]) for number, line in lines for word in line.split() if "@" in word
        )


class Line:
    """A program in a terminal that is not drawn."""

    def __init__(self, screen: Terminal, begin: float, size: tuple[int, int]) -> None:
        self.screen, self.begin, self.size = screen, begin, size
        self._chunks: list[Chunk] = []
        self._picture = Picture(size)
        """What the screen shows when the program is at rest."""

    @property
    def received(self) -> int:
        """How many bytes have come."""
        return len(self.screen.written)

    @property
    def text(self) -> str:
        """What the screen shows since the program was at rest last."""
        self._draw()
        return self._picture.text

    def read(self, patience: float) -> bool:
        """Keep what comes next; whether anything came in so many seconds.

        Raises:
            EOFError: the program has ended.
        """
        if chunk := self.screen.read(patience):
            self._chunks.append((time.perf_counter(), chunk))
        elif os.waitid(os.P_PID, self.screen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            raise EOFError(f"it has ended, and wrote at last {bytes(self.screen.written[-SEEN:])!r}")
        return bool(chunk)

    def read_for(self, seconds: float) -> None:
        """Keep all that comes in so many seconds."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self.read(left)

    def read_to_rest(self) -> None:
        """Read until it is silent and does next to nothing: a program that sorts for a second is silent as well.

        Raises:
            TimeoutError: it never is.
        """
        deadline, worked = time.perf_counter() + PATIENCE, cpu_seconds(self.screen.pid)
        while time.perf_counter() < deadline:
            came = self.read(QUIET)
            before, worked = worked, cpu_seconds(self.screen.pid)
            if not came and worked - before < QUIET * BUSY:
                return
        raise TimeoutError("it never comes to rest")

    def first_full_screen(self) -> float:
        """Seconds from the start to the moment at which all the accounts stood there that do when it is at rest.

        Raises:
            TimeoutError: no rows come.
        """
        deadline = time.perf_counter() + PATIENCE
        while self.screen.written.count(b"@") < self.size[1] // 2:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"no rows came, but {bytes(self.screen.written[-SEEN:])!r}")
            self.read(QUIET)
        self.read_to_rest()
        chunks = self._taken()
        for _, chunk in chunks:
            self._picture.draw(chunk)
        return self._full_since(chunks) - self.begin

    def _full_since(self, chunks: Sequence[Chunk]) -> float:
        again = Picture(self.size)
        for moment, chunk in chunks:
            again.draw(chunk)
            if self._picture.accounts <= again.accounts:
                return moment
        raise AssertionError("drawing the same gives the same")

    def first(self, holds: Callable[[str], bool]) -> float:
        """Seconds from the start to the first moment from which on the text of the screen is so, and stays so.

        Raises:
            TimeoutError: it never is.
        """
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            self.read_to_rest()
            moment, again = 0.0, Picture(self.size)
            for at, chunk in self._chunks:
                again.draw(chunk)
                moment = (moment or at) if holds(again.text) else 0.0
            if moment:
                return moment - self.begin
        raise TimeoutError(f"the screen is never so:\n{self._picture.text}")

    def press(self, keys: str) -> Answer:
        """Send keys, and read all that comes of them."""
        self._draw()
        begin, before = time.perf_counter(), self.received
        self.screen.send(keys)
        self.read_to_rest()
        return Answer(max(self._draw() - begin, 0), self.received - before)

    def press_after(self, before: str, keys: str) -> tuple[Answer, Answer]:
        """Send what asks for a key, wait, and send the key; what came of both. Either may be nothing."""
        return self.press(before) if before else NOTHING, self.press(keys) if keys else NOTHING

    def longest_wait(self, keys: Iterable[str], every: float) -> float:
        """Send keys one by one, that often; the longest time that one of them waited for any byte after it.

        The byte need not be the answer to that key: a program that is said to wait that long did at least that.
        """
        self._draw()
        sent = []
        for key in keys:
            sent.append(time.perf_counter())
            self.screen.send(key)
            self.read_for(every)
        self.read_to_rest()
        moments = [moment for moment, _ in self._taken()]
        return max(next((moment - at for moment in moments if moment >= at), 0.0) for at in sent)

    def _draw(self) -> float:
        """Draw what has come; the moment of the last that changed anything, 0 if nothing did."""
        return max((moment for moment, chunk in self._taken() if self._picture.draw(chunk)), default=0.0)

    def _taken(self) -> list[Chunk]:
        taken, self._chunks = self._chunks, []
        return taken


@contextmanager
def line(program: Sequence[str], size: tuple[int, int], environment: Mapping[str, str], home: Path) -> Iterator[Line]:
    """Start a program on a line, with a home of its own, so that nothing of the user's is read or kept."""
    own = {"XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state"), **environment}
    begin = time.perf_counter()
    with terminal(
        program=program, columns=size[0], lines=size[1], environment=own, home=home, is_drawn=False
    ) as screen:
        yield Line(screen, begin, size)


def family_of(pid: int) -> list[int]:
    """A process, its children, theirs, and so on."""
    family = [pid]
    for parent in family:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                family += map(int, children.read_text().split())
    return family


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used of the processor."""
    ticks = 0
    for one in family_of(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """What a process and its children hold of the memory, in units of a million bytes."""
    pages = 0
    for one in family_of(pid):
        with suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
