"""With several stores, the plain console asks first which is meant."""

from pathlib import Path

import pytest

from kconsole.operations.contexts import Context
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.locations import Location
from kconsole.operations.samples import sample_session
from kconsole.operations.session import Progress, Session
from kconsole.plain.changes import Changes, Question
from kconsole.plain.stores import ask_store
from kconsole.plain.terminal import Quit, Terminal
from kconsole.text.messages import Voice
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


@pytest.mark.parametrize(("typed", "is_done"), [("mail1", True), ("mail2", False), ("", False)])
def test_a_deletion_wants_the_name(folder: Path, typed: str, is_done: bool) -> None:
    answers = iter([b"because\n", b"y\n", f"{typed}\n".encode()])
    terminal = Terminal(lambda _: None, lambda: next(answers, b""))
    session = Session.open(folder / "mail1", "anna", noon())
    changes = Changes(session, terminal, Voice({}), None, Context("mail1", str(folder), confirm_name=True))
    assert changes.confirm(Question("Delete 1 account?", [], "delete", is_big=True)) == ("because" if is_done else None)
    session.close()
