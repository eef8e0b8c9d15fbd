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
from kconsole.store.file_engine.salvage import Salvage
from kconsole.text.messages import words_of
from tests.limits import EXAMPLES
from tests.operations.sessions import DOMAIN, account, session_of
from tests.store.stores import chained, line_of

LINES = [line_of(number, reason=f"*J\u738b{number}") for number in range(1, 6)]
WHOLE = chained(LINES)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def restored(folder: Path, content: bytes) -> bytes | None:
    (folder / "journal.jsonl").write_bytes(content)
    salvage = Salvage(folder, [], "")
    return b"".join(raw for _, raw in salvage.lines()) if salvage.is_usable and not salvage.gaps else None


@given(bit=st.integers(0, 8 * len(WHOLE) - 1))
def test_any_bit_is_restored(tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
    if bit // 8 == len(WHOLE) - 1:  # the last line feed: the line is torn
        return
    assert restored(tmp_path_factory.mktemp("bits"), flipped(WHOLE, bit)) == WHOLE


def test_what_is_damaged_otherwise_is_not_guessed(tmp_path: Path) -> None:
    assert restored(tmp_path, WHOLE) == WHOLE
    assert restored(tmp_path, WHOLE.replace(b"J\xe7\x8e\x8b2", b"other")) is None
    assert restored(tmp_path, b"".join(WHOLE.splitlines(keepends=True)[::2])) is None
    assert restored(tmp_path, b"\n" + WHOLE) == WHOLE


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
