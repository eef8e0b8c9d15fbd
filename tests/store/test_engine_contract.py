"""What any engine must do, whatever it keeps a journal in; and that a store needs nothing more of it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from msgspec.structs import replace

from kconsole.core.errors import StoreBusy, StoreUnusable
from kconsole.core.history import Commit
from kconsole.store.engine import START, BrokenJournal, Head, HeadMoved, JournalEngine
from kconsole.store.file_engine.engine import FileEngine
from kconsole.store.journal_line import head_after, head_before, linked
from kconsole.store.journal_reader import verified
from kconsole.store.locations import engine_at, known_to
from kconsole.store.replay import Gaps
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.postgresql.server import Database
from tests.store.memory_engine import Memory, MemoryEngine
from tests.store.snapshots import snapshot_now
from tests.store.stores import account, add, addresses, inventory_of


class Place(Protocol):
    """Where an engine keeps one journal."""

    def handle(self, read_only: bool = False) -> JournalEngine:
        """Another handle on it."""
        ...

    def damage(self, line: int) -> None:
        """Change a byte of a line."""
        ...


class InFiles:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def handle(self, read_only: bool = False) -> JournalEngine:
        engine = FileEngine(self.folder, read_only)
        engine.open()
        return engine

    def damage(self, line: int) -> None:
        path = self.folder / "journal.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        lines[line - 1] = _damaged(lines[line - 1])
        path.write_bytes(b"".join(lines))


class InMemory:
    def __init__(self) -> None:
        self.memory = Memory()

    def handle(self, read_only: bool = False) -> JournalEngine:
        return MemoryEngine(self.memory, read_only)

    def damage(self, line: int) -> None:
        self.memory.lines[line - 1] = _damaged(self.memory.lines[line - 1])


class InDatabase:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.handles: list[JournalEngine] = []

    def handle(self, read_only: bool = False) -> JournalEngine:
        engine = engine_at(self.database.address(), read_only)
        self.handles.append(engine)
        engine.open()
        return engine

    def damage(self, line: int) -> None:
        ((raw,),) = self.database.execute("SELECT line FROM kconsole.journal WHERE sequence = %s", line)
        # only an administrator of the database can, and only so
        self.database.execute("ALTER TABLE kconsole.journal DISABLE TRIGGER ALL")
        self.database.execute("UPDATE kconsole.journal SET line = %s WHERE sequence = %s", _damaged(bytes(raw)), line)
        self.database.execute("ALTER TABLE kconsole.journal ENABLE TRIGGER ALL")


def _damaged(raw: bytes) -> bytes:
    return raw.replace(b"1", b"7", 1)


@pytest.fixture(params=["file", "memory", pytest.param("postgresql", marks=pytest.mark.thorough)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param != "postgresql":
        yield InFiles(tmp_path) if request.param == "file" else InMemory()
        return
    place = InDatabase(request.getfixturevalue("database"))
    yield place
    for engine in place.handles:
        engine.close()


def lines_after(head: Head, *texts: str) -> list[bytes]:
    found, previous = [], head.hash
    for number, text in enumerate(texts, head.sequence + 1):
        raw, previous = linked(b'{"sequence":%d,"text":"%b","operator":"boss"}' % (number, text.encode()), previous)
        found.append(raw)
    return found


def appended(engine: JournalEngine, *texts: str) -> list[Head]:
    heads = [engine.head()]
    with engine.lock(0, "anna"):
        for text in texts:
            heads.append(engine.append(lines_after(heads[-1], text), heads[-1]))
    return heads[1:]


def test_a_new_journal_has_nothing(place: Place) -> None:
    engine = place.handle()
    appended(engine)
    assert (engine.size(), engine.snapshot()) == (0, None)


def test_what_is_appended_is_read_by_every_handle_in_both_directions(place: Place) -> None:
    one = place.handle()
    heads = appended(one, "a", "b", "c")
    other = place.handle(read_only=True)
    assert one.head() == other.head() == heads[-1]
    assert [head.sequence for head in heads] == [1, 2, 3]
    for engine in (one, other):
        lines = list(engine.read_after(START))
        assert [line.decode().split('"')[5] for line in lines] == ["a", "b", "c"]
        assert list(engine.read_after(heads[0])) == lines[1:]
        assert list(engine.read_after(heads[2])) == []
        assert list(engine.read_backwards(heads[2])) == lines[::-1]
        assert list(engine.read_backwards(heads[1])) == lines[1::-1]
        assert engine.size() == sum(map(len, lines))


@pytest.mark.parametrize("chunk", [7, 200, 1 << 20])
def test_lines_are_found_by_what_they_contain_the_last_one_first(
    place: Place, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconsole.store.file_engine.journal_file._CHUNK", chunk)
    engine = place.handle()
    texts = ["ab", "b", "a" * 300, "", "c", "ac", "b" * 500 + "a", "d"]
    last = appended(engine, *texts)[-1]
    lines = list(engine.read_after(START))
    assert list(engine.read_backwards(last)) == lines[::-1]
    for patterns in ([b'"a', b"bc"], [b"a"], [b"ba", b"c"], [b'"text":"d"'], [b"nothing"], [b'{"sequence":1,']):
        wanted = [line for line in reversed(lines) if any(pattern in line for pattern in patterns)]
        assert list(engine.read_backwards(last, patterns)) == wanted


def test_of_long_lines_the_beginning_is_enough(place: Place) -> None:
    engine = place.handle()
    texts = ("x", "y" * 3_000_000, "short", "a" * 2_000_000 + "found" + "b" * 1_500_000, "c" * (1 << 20), "z" * 4_000)
    appended(engine, *texts)
    whole = list(engine.read_after(START))
    for length in (100, 5_000):
        beginnings = list(engine.read_beginnings(START, length, (b"found",)))
        assert len(beginnings) == len(whole)
        assert beginnings[3] == whole[3]
        for some, raw in zip(beginnings, whole, strict=True):
            assert raw.startswith(some)
            assert len(some) >= min(len(raw), length)
        assert max(len(some) for some in beginnings if b"found" not in some) <= max(length, 4_500)


def test_several_lines_are_appended_as_one(place: Place) -> None:
    engine = place.handle()
    (first,) = appended(engine, "a")
    with engine.lock(0, "anna"):
        head = engine.append(lines_after(first, "b", "c"), first)
        assert engine.append((), head) == head
    assert (head.sequence, head) == (3, place.handle().head())


def test_the_chain_holds_from_head_to_head(place: Place) -> None:
    engine = place.handle()
    heads = appended(engine, "a", "b", "c")
    head = START
    for raw, expected in zip(engine.read_after(START), heads, strict=True):
        head = head_after(raw, head)
        assert head == expected
    for raw in engine.read_backwards(head):
        head = head_before(raw, head)
    assert head == START


def test_who_expects_another_head_appends_nothing(place: Place) -> None:
    one = place.handle()
    (first,) = appended(one, "a")
    other = place.handle()
    appended(other, "b")
    with one.lock(0, "anna"), pytest.raises(HeadMoved):
        one.append(lines_after(first, "c"), first)
    with one.lock(0, "anna"), pytest.raises(HeadMoved):
        one.append(lines_after(START, "c"), START)
    assert one.head().sequence == 2


def test_the_lock_and_each_lease_are_held_by_one(place: Place) -> None:
    one, other = place.handle(), place.handle()
    doors: list[Callable[[JournalEngine], Iterator[None]]] = [
        lambda engine: engine.lock(0, "anna"),  # type: ignore[list-item,return-value]  # a context manager
        lambda engine: engine.lease("server", 0, "anna"),  # type: ignore[list-item,return-value]
    ]
    for hold in doors:
        with hold(one):  # type: ignore[attr-defined]
            with pytest.raises(StoreBusy), hold(other):  # type: ignore[attr-defined]
                raise AssertionError
            with pytest.raises(StoreBusy), hold(one):  # type: ignore[attr-defined]
                raise AssertionError
        with hold(other):  # type: ignore[attr-defined]
            pass
    with one.lock(0, "anna"), other.lease("server", 0, "berg"):
        appended_inside = one.append(lines_after(START, "a"), START)
    assert appended_inside.sequence == 1


def test_who_waits_for_the_lock_gets_it(place: Place) -> None:
    one, other = place.handle(), place.handle()
    got = threading.Event()

    def wait() -> None:
        with other.lock(30, "berg"):
            got.set()

    with one.lock(0, "anna"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.is_set()
    waiting.join(30)
    assert got.is_set()


def test_a_watch_sees_what_others_append(place: Place) -> None:
    one = place.handle()
    heads = appended(one, "a")
    other = place.handle()
    with other.watch() as changes:
        assert changes.since(START)
        assert not changes.since(heads[-1])
        heads += appended(one, "b")
        assert changes.since(heads[0])
        assert not changes.since(heads[-1])


def test_reading_needs_no_lock(place: Place) -> None:
    one, other = place.handle(), place.handle()
    appended(one, "a")
    other = place.handle()
    with one.lock(0, "anna"):
        assert len(list(other.read_after(START))) == 1


def test_damage_is_found(place: Place) -> None:
    heads = appended(place.handle(), "a", "b", "c")
    place.damage(2)
    engine = place.handle()
    first, second, _ = engine.read_after(START)
    assert head_after(first, START) == heads[0]
    with pytest.raises(BrokenJournal) as caught:
        head_after(second, heads[0])
    assert (caught.value.line, caught.value.good) == (2, heads[0])
    with pytest.raises(BrokenJournal):
        list(engine.read_after(Head(3, heads[1].hash)))
    with pytest.raises(BrokenJournal):
        list(engine.read_after(Head(9, heads[1].hash)))


def test_a_snapshot_is_read_as_it_was_written(place: Place) -> None:
    engine = place.handle()
    (head,) = appended(engine, "a")
    with engine.lock(0, "anna"):
        engine.write_snapshot(head, 5, [b'{"license":{', b"}}"])
    snapshot = place.handle().snapshot()
    assert snapshot is not None
    assert (snapshot.head, snapshot.next_number) == (head, 5)
    assert b'"license":{}' in snapshot.body


# A store on any engine


def store_at(place: Place, operator: str = "anna", read_only: bool = False) -> SeatStore:
    engine = place.handle(read_only)
    store = SeatStore(engine, noon(), 0, known_to(engine, operator))
    store.read(has_journal=True)
    return store


@pytest.fixture
def begun(place: Place) -> SeatStore:
    engine = place.handle()
    store = SeatStore(engine, noon(), 0, known_to(engine, "anna"))
    with engine.lock(0, "anna"):
        store.begin(inventory_of(account("anna"), account("berg")))
    return store


def test_a_store_keeps_what_it_is_given(place: Place, begun: SeatStore) -> None:
    add(begun, "chen")
    other = store_at(place)
    assert addresses(other) == ["anna@north.example", "berg@north.example", "chen@north.example"]
    *_, last = verified(place.handle(), Gaps())
    assert other.head == begun.head == last
    assert [commit.operation for commit in other.journal.history()] == ["init", "add"]
    assert [commit and commit.operation for commit in map(other.journal.commit, range(4))] == [
        None,
        "init",
        "add",
        None,
    ]
    assert [commit.operation for commit in other.journal.history_backwards()] == ["add", "init"]


def test_two_stores_follow_each_other(place: Place, begun: SeatStore) -> None:
    other = store_at(place, "berg")
    reported: list[Commit] = []
    begun.listen(reported.append)
    add(other, "chen")
    add(other, "dora")
    assert begun.catch_up() == reported
    assert [commit.operator.user for commit in reported] == [other.operator.user] * 2
    assert begun.catch_up() == []
    add(begun, "emil")
    entry = add(other, "fred")
    assert len({entry.id for entry in other.state.entries.values()}) == 6
    assert begun.state.entries.get(entry.id) is None
    begun.catch_up()
    assert begun.state.entries[entry.id] == entry


def test_a_failed_block_leaves_nothing(place: Place, begun: SeatStore) -> None:
    before = begun.state.inventory

    def fail() -> None:
        with begun.transaction("fail", "restore") as transaction:
            transaction.put_entry(account("chen"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert begun.state.inventory == before == store_at(place).state.inventory
    assert begun.sequence == 1


def test_a_snapshot_saves_reading(place: Place, begun: SeatStore) -> None:
    (anna, _) = begun.state.entries.values()
    snapshot_now(begun)
    with begun.transaction("disable", "restore") as transaction:
        transaction.put_entry(replace(anna, enabled=False))
    other = store_at(place)
    assert other.state.inventory == begun.state.inventory
    begun.close()
    assert store_at(place).state.inventory == other.state.inventory


def test_a_damaged_journal_is_refused_and_its_good_part_shown(place: Place, begun: SeatStore) -> None:
    add(begun, "chen")
    add(begun, "dora")
    place.damage(3)
    with pytest.raises(StoreUnusable) as caught:
        store_at(place)
    assert (caught.value.code, caught.value.params["line"]) == ("journal-damaged", 3)
    good = store_at(place, read_only=True)
    assert addresses(good) == ["anna@north.example", "berg@north.example", "chen@north.example"]
    assert [notice.code for notice in good.notices] == ["journal-damaged"]


def test_only_one_is_alone_at_the_server(place: Place, begun: SeatStore) -> None:
    other = store_at(place)
    with begun.lease("server"):
        with pytest.raises(StoreBusy) as caught, other.lease("server"):
            raise AssertionError
        add(other, "chen")
    assert caught.value.code == "server-busy"
