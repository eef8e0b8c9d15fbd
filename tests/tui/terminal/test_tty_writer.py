"""The line to the terminal may be slow, stuck, or gone: no one waits for it."""

import os
import pty
from collections.abc import Iterator
from contextlib import suppress

import pyte
import pytest
from rich.segment import Segment

from kconsole.tui.terminal import tty_writer as writer_module
from kconsole.tui.terminal.cell_styles import CellStyles
from kconsole.tui.terminal.screen_buffer import ScreenBuffer
from kconsole.tui.terminal.tty_writer import TtyWriter

PIPE_SIZE = 65536


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        with suppress(OSError):
            os.close(descriptor)


def buffer_showing(*lines: str) -> ScreenBuffer:
    buffer = ScreenBuffer(CellStyles("truecolor"), 40, 5)
    show(buffer, *lines)
    return buffer


def show(buffer: ScreenBuffer, *lines: str) -> None:
    for y, text in enumerate(lines):
        buffer.put(0, y, [Segment(text.ljust(40))])


def all_of(descriptor: int) -> str:
    """Everything that is written until the other end is closed."""
    received = b""
    while chunk := os.read(descriptor, PIPE_SIZE):
        received += chunk
    return received.decode()


def test_what_is_given_first_is_written_first(pipe: tuple[int, int]) -> None:
    read, write = pipe
    line = TtyWriter(write, "utf-8")
    line.write("<before>")
    line.show(buffer_showing("picture"))
    line.write("<after>")
    line.start()
    line.stop()
    os.close(write)
    written = all_of(read)
    assert written.startswith("<before>")
    assert written.endswith("<after>")
    assert "picture" in written


def test_a_line_that_takes_nothing_holds_no_one_up_and_gets_the_last_picture(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while os.write(write, b"." * 4096):
            pass
    os.set_blocking(write, True)
    buffer = buffer_showing("picture 0")
    line = TtyWriter(write, "utf-8")
    line.start()
    line.write("#")  # it is stuck with this
    for number in range(1, 500):
        with line.lock:
            show(buffer, f"picture {number}", "x" * (number % 40))
            line.show(buffer)
    received = b""
    while not received.endswith(b"\x1b[H"):
        received += os.read(read, 4096)
    line.stop()
    written = received.lstrip(b".").decode()
    assert len(written) < 1000
    screen = pyte.Screen(40, 5)
    pyte.Stream(screen).feed(written.removeprefix("#"))
    assert screen.display[0].rstrip() == "picture 499"


def test_a_line_that_is_stuck_does_not_keep_the_program_from_ending(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PATIENCE", 0.01)
    read, write = pipe
    line = TtyWriter(write, "utf-8")
    line.start()
    line.write("." * (PIPE_SIZE + 1))
    line.stop()
    assert line.is_alive()
    left = PIPE_SIZE + 1
    while left:
        left -= len(os.read(read, left))
    line.join()


def test_a_terminal_that_is_left_non_blocking_gets_everything(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.set_blocking(write, False)
    line = TtyWriter(write, "utf-8")
    line.start()
    text = "0123456789" * PIPE_SIZE
    line.write(text)
    line.write("\n")
    received = ""
    while not received.endswith("\n"):
        received += os.read(read, PIPE_SIZE).decode()
    line.stop()
    assert received == text + "\n"


def test_a_line_that_is_lost_takes_no_offence(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.close(read)
    line = TtyWriter(write, "utf-8")
    line.start()
    line.write("text")
    line.join()
    assert line.is_lost
    line.write("more")
    line.show(buffer_showing("picture"))
    line.stop()


def test_a_long_picture_is_marked_as_one_where_the_terminal_knows_that(pipe: tuple[int, int]) -> None:
    read, write = pipe
    buffer = ScreenBuffer(CellStyles("truecolor"), 100, 40)
    for y in range(40):
        buffer.put(0, y, [Segment("x" * 100)])
    line = TtyWriter(write, "utf-8")
    line.syncs = True
    line.show(buffer)
    line.start()
    line.stop()
    os.close(write)
    written = all_of(read)
    assert written.startswith("\x1b[?2026h")
    assert written.endswith("\x1b[?2026l")


def test_what_an_encoding_cannot_carry_is_a_question_mark(pipe: tuple[int, int]) -> None:
    read, write = pipe
    line = TtyWriter(write, "latin-1")
    line.write("é王")
    line.start()
    line.stop()
    os.close(write)
    assert os.read(read, 10) == b"\xe9?"


def test_a_terminal_whose_other_end_is_closed_is_none() -> None:
    here, there = pty.openpty()
    assert os.isatty(there)
    os.close(here)
    assert not os.isatty(there)
    os.close(there)
