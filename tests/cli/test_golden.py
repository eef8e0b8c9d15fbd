"""What commands print is what the golden files hold; `make golden` writes them again."""

import pytest

from tests.cli.golden import FOLDER, SCRIPTS, transcript


@pytest.mark.parametrize("name", SCRIPTS)
def test_commands_print_what_the_golden_file_holds(name: str) -> None:
    assert transcript(name) == (FOLDER / f"{name}.txt").read_text()


def test_every_golden_file_is_written_by_a_script() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SCRIPTS)
