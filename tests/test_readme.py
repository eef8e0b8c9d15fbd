"""The README tells the truth."""

import re
from pathlib import Path

from kconsole.cli.main import COMMANDS
from tests.cli.console import Console
from tests.readme import README, SAME, meanings, with_tables

EXPORTS = Path(__file__).parent / "importers" / "files"


def test_its_tables_are_as_the_code_has_them() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_tables(text) == text, "stale: run 'make readme'"


def test_a_letter_means_one_thing_on_all_screens() -> None:
    for letter, commands in meanings().items():
        means = {SAME.get(command.name, command.name) for _, command in commands}
        assert len(means) == 1, (letter, means)


def test_it_names_every_command() -> None:
    text = README.read_text(encoding="utf-8")
    for command in COMMANDS:
        assert re.search(rf"kconsole (\w+\\\|)?{command}\b", text), command


def test_its_pictures_are_there() -> None:
    for path in re.findall(r"!\[[^]]*]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / path).is_file(), path


def test_its_first_import_works_as_printed(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    block = text[text.index("## Your own accounts") :].split("```")[1]
    commands = [line.removeprefix("kconsole ").split() for line in block.strip().splitlines()]
    assert commands.pop() == ["kconsole"]
    console = Console(tmp_path / "store")
    for command in commands:
        console.done(*(str(EXPORTS / word) if word.endswith(".csv") else word for word in command))
    assert console.done("status", "--json").json["seats"]["used"] == 125
