"""Damaged, missing, replaced and linked files: reported, named, left as they are, and still to be read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kconsole.core.errors import NotFound, StoreUnusable
from kconsole.operations.maintenance import verify
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, chained, lines_of, new_store, opened, same_as_disk

ALL = ["anna@north.example", "berg@north.example", "chen@north.example"]


def three_lines(folder: Path, snapshot_at: int = 0) -> bytes:
    """A store with three commits, and a snapshot as of one of them, or none."""
    store = new_store(folder, account("anna"))
    for number, login in enumerate(("", "berg", "chen"), 1):
        if login:
            add(store, login)
        if number == snapshot_at:
            snapshot_now(store)
    store.abandon()
    return (folder / "journal.jsonl").read_bytes()


@pytest.mark.parametrize("snapshot_at", [0, 1, 2, 3])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_damaged_line_is_named_and_everything_good_can_be_read(tmp_path: Path, snapshot_at: int, line: int) -> None:
    lines = three_lines(tmp_path, snapshot_at).splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b"2026", b"2025", 1)
    content = b"".join(lines)
    (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(StoreUnusable, match=rf"journal-damaged.*line={line}") as caught:
        opened(tmp_path)
    assert caught.value.exit_code == 7
    assert [hint.code for hint in caught.value.hints] == ["read-only-shows-good-part", "doctor-says-more"]
    store = opened(tmp_path, read_only=True)
    assert addresses(store) == ALL[: max(snapshot_at, line - 1) if line > snapshot_at else 3]
    assert (store.notices[0].code, store.notices[0].params["line"]) == ("journal-damaged", line)
    assert store.catch_up() == []
    with pytest.raises(StoreUnusable, match=f"line={line}"):
        verify(tmp_path)
    store.close()
    assert (tmp_path / "journal.jsonl").read_bytes() == content


@pytest.mark.parametrize("snapshot_at", [0, 1, 2, 3])
def test_a_journal_cut_anywhere_opens_only_if_the_snapshot_holds_no_more(tmp_path: Path, snapshot_at: int) -> None:
    content = three_lines(tmp_path, snapshot_at)
    ends = [0, *(place + 1 for place, byte in enumerate(content) if byte == ord("\n"))]
    held = ends[snapshot_at]
    for length in {*range(0, len(content), 41), *ends, *(end - 1 for end in ends[1:])}:
        (tmp_path / "journal.jsonl").write_bytes(content[:length])
        whole = sum(1 for end in ends[1:] if end <= length or end - 1 == length)
        missing_end = any(end - 1 == length for end in ends[1:])
        if length < held or whole == 0 or (whole == 1 and missing_end):
            with pytest.raises(StoreUnusable, match="journal-damaged"):
                opened(tmp_path)
            assert (tmp_path / "journal.jsonl").read_bytes() == content[:length]
            opened(tmp_path, read_only=True).close()
        else:
            store = opened(tmp_path)
            assert addresses(store) == ALL[:whole]
            assert len(store.notices) == (length not in ends and not missing_end)
            store.abandon()


def test_a_last_line_whose_line_feed_was_changed_is_damaged_and_never_set_aside(tmp_path: Path) -> None:
    for snapshot_at in (0, 3):
        content = three_lines(tmp_path / str(snapshot_at), snapshot_at)[:-1] + b"\x0b"
        (tmp_path / str(snapshot_at) / "journal.jsonl").write_bytes(content)
        with pytest.raises(StoreUnusable, match=r"journal-damaged.*line=3"):
            opened(tmp_path / str(snapshot_at))
        assert (tmp_path / str(snapshot_at) / "journal.jsonl").read_bytes() == content


def test_a_journal_that_is_missing_is_reported_and_the_snapshot_can_be_read(tmp_path: Path) -> None:
    three_lines(tmp_path, 2)
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(StoreUnusable, match=r"journal-missing.*journal\.jsonl"):
        opened(tmp_path)
    store = opened(tmp_path, read_only=True)
    assert addresses(store) == ALL[:2]
    assert store.catch_up() == []
    assert store.sequence == 2
    with pytest.raises(StoreUnusable, match="journal-missing"):
        list(store.journal.history())
    assert not (tmp_path / "journal.jsonl").exists()


def test_a_journal_of_another_store_does_not_fit_the_snapshot(tmp_path: Path) -> None:
    three_lines(tmp_path / "one", 2)
    content = three_lines(tmp_path / "two", 2)
    (tmp_path / "one" / "journal.jsonl").write_bytes(content)
    with pytest.raises(StoreUnusable, match="parts-of-two-stores"):
        opened(tmp_path / "one")
    assert addresses(opened(tmp_path / "one", read_only=True)) == ALL[:2]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"changes": []},
        {"changes": 5, "next_number": 1},
        {"changes": [{}], "next_number": 1},
        {"changes": [{"table": "x", "number": 1, "before": None, "after": {}}], "next_number": 1},
        {"changes": [{"table": "entries", "number": 1, "before": None, "after": {"a": 1}}], "next_number": 1},
        {"changes": [], "next_number": "one"},
        {"changes": [], "next_number": 1, "at": "2026-01-01"},
    ],
    ids=str,
)
def test_a_line_with_a_right_hash_that_makes_no_sense_is_reported(tmp_path: Path, body: dict[str, object]) -> None:
    three_lines(tmp_path)
    lines = [
        {name: value for name, value in line.items() if name not in ("previous", "hash")} for line in lines_of(tmp_path)
    ]
    (tmp_path / "journal.jsonl").write_bytes(
        chained([*lines, {"sequence": 4, "at": "2026-01-01T00:00:00Z", "deed": "x", **body}])
    )
    with pytest.raises(StoreUnusable, match="makes-no-sense"):
        opened(tmp_path)
    store = opened(tmp_path, read_only=True)
    assert addresses(store) == ALL


@pytest.mark.parametrize("name", ["store.json", "journal.jsonl", "lock"])
def test_a_link_in_the_place_of_a_file_is_refused(tmp_path: Path, name: str) -> None:
    three_lines(tmp_path / "s", 3)
    (tmp_path / "s" / name).rename(tmp_path / name)
    (tmp_path / "s" / name).symlink_to(tmp_path / name)
    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match="file-is-a-link") as caught:
            opened(tmp_path / "s", read_only=read_only)
    assert caught.value.hints[0].code == "link-the-folder"


@pytest.mark.parametrize("name", ["store.json", "journal.jsonl"])
def test_a_folder_in_the_place_of_a_file_is_reported(tmp_path: Path, name: str) -> None:
    three_lines(tmp_path, 3)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(StoreUnusable, match=rf"file-is-no-file.*{name}"):
        opened(tmp_path)


# Under an open store


def spoil_by_cutting(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 10)


def spoil_by_replacing(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.with_name("filler").touch()  # else the file system might use the same inode again
    path.write_bytes(content[: content.rfind(b"\n", 0, -1) + 1])  # with the same lines it would be ours


def spoil_by_changing(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-20, 2)
        file.write(b"XX")


SPOILERS: list[tuple[Callable[[Path], object], str, bool]] = [
    (spoil_by_cutting, "journal-cut-off", True),
    (spoil_by_replacing, "journal-replaced", True),
    (Path.unlink, "unreadable.*No such file", True),
    (spoil_by_changing, "line-changed-since", False),
]


@pytest.mark.parametrize(("spoil", "words", "seen_when_idle"), SPOILERS)
def test_an_open_store_keeps_what_it_knows_when_its_journal_is_spoilt_and_writes_no_more(
    tmp_path: Path, spoil: Callable[[Path], object], words: str, seen_when_idle: bool
) -> None:
    three_lines(tmp_path)
    store, path = opened(tmp_path), tmp_path / "journal.jsonl"
    good = path.read_bytes()
    keep = tmp_path / "keep"
    keep.hardlink_to(path)
    spoil(path)
    spoilt = path.read_bytes() if path.exists() else None
    for _ in range(2):
        if seen_when_idle:
            with pytest.raises(StoreUnusable, match=words):
                store.catch_up()
        with pytest.raises(StoreUnusable, match=words):
            add(store, "dora")
    assert addresses(store) == ALL
    assert (path.read_bytes() if path.exists() else None) == spoilt
    path.unlink(missing_ok=True)
    path.hardlink_to(keep)
    path.write_bytes(good)
    add(store, "dora")
    assert same_as_disk(store)


def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none", tmp_path / "none" / "deeper"):
        for read_only in (False, True):
            with pytest.raises(NotFound):
                opened(folder, read_only=read_only)
    assert list(tmp_path.iterdir()) == []
