"""The terminal may go away: writing to it takes no offence, and then is not even tried."""

import io
import os
import pty

import pytest

from kconsole.tui.terminal import LossyFile


class Broken(io.StringIO):
    """A file behind which there is nothing any more."""

    def __init__(self, fails_at: str) -> None:
        super().__init__()
        self.fails_at = fails_at
        self.tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        if self.fails_at == "write":
            raise OSError(5, "Input/output error")
        return len(text)

    def flush(self) -> None:
        if self.fails_at == "flush":
            raise OSError(5, "Input/output error")


@pytest.mark.parametrize("fails_at", ["write", "flush"])
def test_a_lost_file_swallows_what_is_written(fails_at: str) -> None:
    file = Broken(fails_at)
    lossy = LossyFile(file)
    for _ in range(3):
        lossy.write("text")
        lossy.flush()
    assert lossy.is_lost
    assert file.tries == 1


def test_a_file_that_is_there_gets_everything() -> None:
    file = io.StringIO()
    lossy = LossyFile(file)
    lossy.write("text")
    lossy.flush()
    assert file.getvalue() == "text"
    assert not lossy.is_lost
    assert lossy.readable() == file.readable()


def test_a_terminal_whose_other_end_is_closed_is_none() -> None:
    here, there = pty.openpty()
    assert os.isatty(there)
    os.close(here)
    assert not os.isatty(there)
    os.close(there)
