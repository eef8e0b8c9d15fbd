"""Damage of any kind to a journal: the doctor keeps every good line, and gaps stand for the others."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Operator
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.store.engine import BrokenJournal
from kconsole.store.file_engine import segments
from kconsole.store.file_engine.segments import all_segments
from kconsole.store.journal_line import gap_line, head_of
from kconsole.store.replay import head_of_whole
from kconsole.text.messages import words_of
from tests.limits import EXAMPLES
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, everything_in, new_store, opened

LINES = 24
SECTOR = 512


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with lines of several lengths, one of them over 16 KB, and a snapshot of the last one."""
    store = new_store(tmp_path_factory.mktemp("whole") / "s", account("anna"))
    for number in range(2, LINES + 1):
        if number == 9:
            add(store, *(f"many{each}" for each in range(300)))
        else:
            with store.transaction("add", "restore", reason="because " * (number % 5)) as transaction:
                transaction.put_entry(account(f"a{number}"))
        if number == 12:
            snapshot_now(store)
    snapshot_now(store)
    store.abandon()
    return store.folder


def journal_of(folder: Path) -> bytes:
    """All lines, the archived ones too."""
    archived = b"".join(b"".join(segment.lines()) for segment in all_segments(folder))
    return archived + (folder / "journal.jsonl").read_bytes()


def good_lines(content: bytes) -> list[bytes]:
    found = []
    for raw in content.splitlines(keepends=True):
        try:
            head_of_whole(raw)
        except BrokenJournal:
            continue
        found.append(raw)
    return found


def repaired(folder: Path) -> None:
    mend(folder, examine(folder), Operator("dora"), 0, words_of)
    assert not [finding for finding in examine(folder) if finding.serious]


def zeros(content: bytearray, dice: random.Random) -> None:
    """As a disk loses sectors."""
    begin = dice.randrange(len(content)) // SECTOR * SECTOR
    end = min(begin + SECTOR * dice.choice((1, 1, 2, 8)), len(content))
    content[begin:end] = bytes(end - begin)


def noise(content: bytearray, dice: random.Random) -> None:
    begin = dice.randrange(len(content))
    length = min(dice.choice((1, 2, 20, 700)), len(content) - begin)
    content[begin : begin + length] = dice.randbytes(length)


def missing(content: bytearray, dice: random.Random) -> None:
    begin = dice.randrange(len(content))
    del content[begin : begin + dice.choice((1, 40, 900))]


def old_block(content: bytearray, dice: random.Random) -> None:
    """As a disk shows what once was there."""
    begin, end = sorted((dice.randrange(len(content)), dice.randrange(len(content))))
    content[end : end + 1500] = content[begin : begin + 1500]


def cut(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


def inserted(content: bytearray, dice: random.Random) -> None:
    place = dice.randrange(len(content))
    content[place:place] = dice.choice((b"\n", b"\n\n{}\n", b'{"sequence":3,', b'"}\n'))


HARMS: list[Callable[[bytearray, random.Random], None]] = [zeros, noise, missing, old_block, cut, inserted]


@pytest.mark.parametrize("has_snapshot", [True, False])
@pytest.mark.parametrize("seed", range(EXAMPLES // 12 + 1))
def test_no_good_line_is_lost(whole: Path, tmp_path: Path, seed: int, has_snapshot: bool) -> None:
    dice = random.Random(seed)
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    truth = opened(whole, read_only=True)
    path = folder / "journal.jsonl"
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 1, 2, 4))):
        HARMS[seed % len(HARMS) if dice.random() < 0.5 else dice.randrange(len(HARMS))](content, dice)
        content += b"\n" if not content else b""
    path.write_bytes(content)
    if not has_snapshot:
        for name in ("store.json", "store.json.bak"):
            (folder / name).unlink()
    good = good_lines(bytes(content))
    if not good and not has_snapshot:
        return
    repaired(folder)
    after = path.read_bytes().splitlines(keepends=True)
    numbers = [head_of(raw).sequence for raw in after]
    assert numbers == list(range(1, len(after) + 1))
    assert [raw for raw in dict.fromkeys(good) if raw not in after] == []
    store = opened(folder)
    if has_snapshot:
        assert store.state.tables == truth.state.tables
        assert good == [] or verify(folder, truth.head.hash).sequence >= LINES
    text = b"".join(good)
    for number, entry in truth.state.entries.items():
        assert entry.address.encode() not in text or store.state.entries[number] == entry
    add(store, "berg")
    store.close()
    (folder / "store.json").unlink()
    alone = opened(folder)
    alone.abandon()
    assert everything_in(alone) == everything_in(opened(folder, read_only=True)) == everything_in(store)
    assert verify(folder) == store.head


@pytest.mark.parametrize("seed", range(EXAMPLES // 25 + 1))
def test_archived_lines_are_kept_as_far_as_they_can_be_unpacked(
    whole: Path, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_SIZE", 9000)
    monkeypatch.setattr(segments, "MEMBER_SIZE", 1500)
    dice = random.Random(seed)
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    store = opened(folder)
    store.archive(5)
    store.close()
    truth = everything_in(store)[:4]
    before = journal_of(folder).splitlines(keepends=True)
    paths = [segment.path for segment in all_segments(folder)]
    harmed = dice.sample([*paths, folder / "journal.jsonl"], dice.choice((1, 2)))
    for path in harmed:
        content = bytearray(path.read_bytes())
        HARMS[dice.choice((0, 1, 2, 4))](content, dice)
        path.write_bytes(content)
    last = path == folder / "journal.jsonl" and not good_lines(bytes(content))
    repaired(folder)
    if last:
        return
    after = journal_of(folder).splitlines(keepends=True)
    harmless = [segment for segment in all_segments(folder) if segment.path not in harmed]
    assert all(raw in after for segment in harmless for raw in segment.lines())
    kept = [raw for raw in before if raw in after]
    assert len(kept) >= LINES // 3
    store = opened(folder)
    assert everything_in(store)[:4] == truth
    assert len(list(store.journal.history())) == len(list(store.journal.history_backwards())) == store.sequence
    store.abandon()
    assert verify(folder) == store.head


def test_a_gap_that_no_line_of_the_doctor_names_is_damage(whole: Path, tmp_path: Path) -> None:
    """Or else a line could be taken out of a log without a trace."""
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = gap_line(head_of(lines[4]), head_of(lines[3]).hash)
    path.write_bytes(b"".join(lines))
    with pytest.raises(StoreUnusable, match=r"line=5.*line-is-lost"):
        verify(folder)
    (folder / "store.json").unlink()
    with pytest.raises(StoreUnusable, match=r"line=5.*line-is-lost"):
        opened(folder)
    repaired(folder)
    assert [finding.code for finding in examine(folder)] == ["gap"]
    assert path.read_bytes().splitlines(keepends=True)[: len(lines)] == lines


def test_each_byte_of_a_repaired_log_is_checked(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], *lines[5:]]))
    repaired(folder)
    content = path.read_bytes()
    begin = sum(map(len, lines[:3]))
    for place in [*range(begin, begin + 400, 7), *range(len(content) - 300, len(content) - 1, 7)]:
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(StoreUnusable):
            verify(folder)
    path.write_bytes(content)
    assert verify(folder).sequence == LINES + 1


def test_after_a_second_damage_both_are_gaps(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    path = folder / "journal.jsonl"
    for place in (3, 4, 15, LINES):  # the last one is the line of the first repair
        lines = path.read_bytes().splitlines(keepends=True)
        lines[place] = b"\0" * len(lines[place])
        path.write_bytes(b"".join(lines))
        repaired(folder)
    gaps = [finding.what.params for finding in examine(folder) if finding.code == "gap"]
    assert [(gap["first"], gap["last"]) for gap in gaps][:2] == [(4, 5), (16, 16)]
    assert opened(folder).state.tables == opened(whole, read_only=True).state.tables


@pytest.mark.parametrize("has_snapshot", [True, False])
def test_what_lost_last_lines_did_is_known_from_the_snapshot_alone(
    whole: Path, tmp_path: Path, has_snapshot: bool
) -> None:
    """The line before them says what the records were then, which they are no more."""
    folder = tmp_path / "s"
    shutil.copytree(whole, folder)
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-1], lines[-1][:200], b"\n", lines[-1][200:]]))
    if not has_snapshot:
        for name in ("store.json", "store.json.bak"):
            (folder / name).unlink()
    remedies = [remedy.code for finding in examine(folder) for remedy in finding.remedy]
    assert "changes-of-lost-lines-unknown" in remedies
    repaired(folder)
    assert (opened(folder).state.tables == opened(whole, read_only=True).state.tables) == has_snapshot
