"""What the bench takes for full, for changed and for at rest."""

import sys
from pathlib import Path

import pytest

from tests.bench.line import Picture, line

PROGRAM = """
import sys, tty
tty.setraw(0)
def show(text):
    sys.stdout.write(text)
    sys.stdout.flush()
show("\\x1b[Hloading anna@x")
for number in range(5):
    show(f"\\x1b[{number + 1};1Ha{number}@x.example\\x1b[K")
while (key := sys.stdin.read(1)) != "q":
    show("\\x1b[6;1H" + key)
"""


def test_it_is_full_with_the_last_row_and_answers_with_all_its_bytes(tmp_path: Path) -> None:
    with line((sys.executable, "-c", PROGRAM), (40, 10), {}, tmp_path) as one:
        assert one.first_full_screen() > 0
        assert "a4@x.example" in one.text
        assert one.press("k").bytes == len("\x1b[6;1Hk")
        again = one.press("k")
        assert again.bytes == len("\x1b[6;1Hk")
        assert again.seconds == 0, "it changed nothing"
        assert one.longest_wait("abc", 0.0) > 0


def test_a_program_that_ends_is_reported_with_what_it_wrote(tmp_path: Path) -> None:
    ending = (sys.executable, "-c", "print('no rows here')")
    with pytest.raises(EOFError, match="no rows here"), line(ending, (40, 10), {}, tmp_path) as one:
        one.first_full_screen()


def test_only_what_can_be_seen_is_a_change() -> None:
    picture = Picture((20, 4))
    assert picture.draw(b"anna@x.example")
    assert not picture.draw(b"\x1b[3;1H\x1b[H")
    assert not picture.draw(b"anna@x.example")
    assert picture.draw(b"\x1b[H\x1b[1manna@x.example")


def test_an_account_is_known_by_its_line_and_what_is_not_cut_of_its_address() -> None:
    picture = Picture((30, 4))
    picture.draw("anna@north… Anna\r\n bob@north.example".encode())
    assert picture.accounts == {(0, "anna"), (1, "bob")}
