"""The man pages are as the program is, and those who read man pages have nothing to say against them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.limits import PATIENCE
from tests.man import FOLDER


def needed(name: str) -> str:
    """A program that may be missing on a user's machine, and never in CI (conftest)."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def said_by(arguments: Sequence[str]) -> str:
    """What a program says of all pages, without the pages."""
    files = [str(path) for path in sorted(FOLDER.glob("man?/*"))]
    ended = subprocess.run(
        [*arguments, *files], capture_output=True, timeout=PATIENCE, check=False,
        env={**os.environ, "MANWIDTH": "80", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert len(ended.stdout) > 100_000 or "-Tlint" in arguments
    return ended.stderr.decode() + (ended.stdout.decode() if "-Tlint" in arguments else "")


def test_they_are_as_the_program_is() -> None:
    held = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.glob("man?/*")}
    # In a process of its own: what other tests leave behind in commands would be in the pages.
    program = "import json, sys; from tests.man import pages; json.dump(pages(), sys.stdout)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE, check=True)
    made = json.loads(ended.stdout)
    assert {name for name, text in made.items() if held.get(name) != text} == set(), "stale: run 'make readme'"
    assert set(held) == set(made)
    assert [name for name, text in made.items() if os.environ.get("HOME", "/root") in text] == []


def test_mandoc_finds_nothing() -> None:
    assert said_by([needed("mandoc"), "-Tlint"]) == ""


@pytest.mark.thorough
def test_man_shows_them_without_a_warning() -> None:
    needed("groff")
    assert said_by([needed("man"), "--warnings", "-l"]) == ""
