"""What the plain console says is what the golden files hold; `make golden` writes them again."""

import pytest

from tests.plain.golden import FOLDER, WALKS, transcript


@pytest.mark.parametrize("name", WALKS)
def test_it_says_what_the_golden_file_holds(name: str) -> None:
    assert transcript(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
