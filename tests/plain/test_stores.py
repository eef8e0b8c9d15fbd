"""With several stores, the plain console asks first which is meant."""

from pathlib import Path

import pytest

from kconsole.operations.contexts import Context, Stores
from kconsole.operations.locations import Location
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Progress, Session
from kconsole.plain.stores import ask_store
from kconsole.plain.terminal import Quit, Terminal
from tests.clocks import noon


def talk(folder: Path, *answers: str) -> tuple[list[str], tuple[Session, Context] | None]:
    """What is said, and what is opened."""

    def reading(location: Location, progress: Progress) -> Session:
        return Session.open(location, "anna", noon(), read_only=True, progress=progress)

    contexts = [Context(name, str(folder / name), note=f"note of {name}") for name in ("mail1", "mail2", "gone")]
    stores = Stores(contexts, reading, lambda context, progress: reading(context.location, progress), "anna")
    said: list[str] = []
    lines = iter(f"{answer}\n".encode() for answer in answers)
    try:
        return said, ask_store(stores, Terminal(said.append, lambda: next(lines, b"")))
    except Quit:
        return said, None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, sample in (("mail1", "small"), ("mail2", "crisis")):
        sample_session(sample, tmp_path / name, "anna", noon()).close()
    return tmp_path


@pytest.mark.parametrize("answer", ["2", "mail2"])
def test_a_number_or_a_name_opens_one(folder: Path, answer: str) -> None:
    said, found = talk(folder, "mail9", "3", answer)
    assert found is not None
    found[0].close()
    assert found[1].name == "mail2"
    lines = [line.partition(":")[0] for line in said]
    assert lines.count("1") == lines.count("2") == lines.count("3") == 2  # the list is said again after mail9
    assert "63 of 50 seats used" in "".join(said)


@pytest.mark.parametrize("answers", [["q"], []])
def test_quitting_opens_none(folder: Path, answers: list[str]) -> None:
    assert talk(folder, *answers)[1] is None
