"""One flipped bit in a journal loses nothing: the line's hash says which one it was."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.history import Operator
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.session import Session
from kconsole.store.file_engine.flipped_bits import restored_lines
from kconsole.text.messages import words_of
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, session_of
from tests.store.stores import chained, journal_at, line_of

LINES = [line_of(number, reason=f"*J\u738b{number}") for number in range(1, 6)]
WHOLE = chained(LINES)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def restored(path: Path, content: bytes) -> bytes | None:
    journal = journal_at(path, content)
    found = restored_lines(journal)
    journal.close()
    for begin, end, good in reversed(found or []):
        content = content[:begin] + good + content[end:]
    return None if found is None else content


@given(bit=st.integers(0, 8 * len(WHOLE) - 1))
def test_any_bit_is_restored(tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
    path = tmp_path_factory.mktemp("bits") / "journal.jsonl"
    if bit // 8 == len(WHOLE) - 1:  # the last line feed: the line is torn
        return
    assert restored(path, flipped(WHOLE, bit)) == WHOLE


def test_what_is_damaged_otherwise_is_not_guessed(tmp_path: Path) -> None:
    assert restored(tmp_path / "a", WHOLE) == WHOLE
    assert restored(tmp_path / "b", WHOLE.replace(b"J\xe7\x8e\x8b2", b"other")) is None
    assert restored(tmp_path / "c", b"".join(WHOLE.splitlines(keepends=True)[::2])) is None
    assert restored(tmp_path / "d", b"\n" + WHOLE) is None


@pytest.mark.parametrize("seed", range(EXAMPLES // 20 + 1))
@pytest.mark.parametrize("has_snapshot", [True, False])
def test_after_a_repair_every_line_is_there_and_can_be_undone(tmp_path: Path, seed: int, has_snapshot: bool) -> None:
    session = session_of(tmp_path, account("anna"))
    for login in "bcdef":
        session.do(AddAccount(f"{login}@{DOMAIN}"))
    session.do(DisableAccounts((f"anna@{DOMAIN}",)))
    folder, head = session.store.folder, session.store.head
    session.close()
    path = folder / "journal.jsonl"
    whole = path.read_bytes()
    if not has_snapshot:
        (folder / "store.json").unlink()
    path.write_bytes(flipped(whole, random.Random(seed).randrange(8 * (len(whole) - 1))))
    findings = examine(folder)
    assert {finding.code for finding in findings if finding.serious} >= {"journal"}
    assert not [each for each in mend(folder, findings, Operator("dora"), 0, words_of) if not each.mended]
    assert path.read_bytes() == whole
    assert verify(folder) == head
    session = Session.open(folder, "anna", patience=0)
    for line in (2, 7):
        session.undo(line)
    assert [commit.operation for commit in session.store.journal.history()][-2:] == ["undo", "undo"]
    session.close()
