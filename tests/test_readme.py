"""The README tells the truth."""

import re

from kconsole.cli.main import COMMANDS
from tests.readme import README, SAME, meanings, with_tables


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
