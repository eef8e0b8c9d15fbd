"""Changes on the server's records, and dumps."""

import json
import os
from pathlib import Path

import orjson
import pytest
from filelock import FileLock
from hypothesis import given, settings
from msgspec.structs import replace

from kconsole.core.consistency import checked
from kconsole.core.errors import BadInput, NotFound, Refused, StoreBusy, StoreUnusable
from kconsole.core.history import Operator
from kconsole.core.records import Domain, Inventory
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.base import Outcome
from kconsole.operations.dumps import dump_of, read_dump_file, restore
from kconsole.operations.files import write_document
from kconsole.operations.maintenance import backup
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from kconsole.text.messages import hint_words
from tests.clocks import noon
from tests.licensing.strategies import inventories
from tests.limits import EXAMPLES
from tests.operations.sessions import account, deleted, session_of, used


def test_a_domain_is_added(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    session.do(AddDomain("žluť.example", primary=True, user_limit=3, description="x"))
    assert session.state.inventory.domains == (
        Domain(name="žluť.example", primary=True, user_limit=3, description="x"),
    )
    assert session.state.primary_domain == "žluť.example"
    assert session.state.domain_named("ŽLUŤ.example") is not None
    assert [domain.name for domain in session.seats.report().domains] == ["žluť.example"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "north",
        ".example",
        "north.",
        "a..b",
        "-a.example",
        "a-.example",
        "a b.example",
        "a_.example\n",
        "@x.example",
        "a\x1b.example",
        "[/].example",
        "\u202ea.example",
        "x" * 64 + ".example",
        "a." * 130 + "example",
    ],
)
def test_what_is_no_domain_name_is_not_added(tmp_path: Path, name: str) -> None:
    session = session_of(tmp_path, domains=())
    with pytest.raises(BadInput, match="not-a-domain-name") as caught:
        session.do(AddDomain(name))
    assert "example.com" in hint_words(caught.value)
    assert session.state.inventory.domains == ()


def test_a_domain_is_added_once_and_only_one_is_primary(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    assert session.state.primary_domain == "north.example"
    with pytest.raises(Refused, match="domain-exists"):
        session.do(AddDomain("NORTH.example"))
    with pytest.raises(Refused, match="primary-exists") as caught:
        session.do(AddDomain("west.example", primary=True))
    assert [hint.code for hint in caught.value.hints] == ["add-it-without-primary"]


def test_a_restart_frees_what_was_deleted_before_it(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, deleted("anna"), deleted("berg"), account("chen"), clock=clock)
    assert session.do(RecordRestart()).outcomes == (Outcome("", "done", "restart-recorded", params={"held": 2}),)
    assert (session.state.last_restart, used(session)) == (clock.now(), 1)
    clock.forward(hours=1)
    assert session.do(RecordRestart()).outcomes == (Outcome("", "done", "restart-recorded", params={"held": 0}),)


# Dumps


def test_a_restored_dump_replaces_everything(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), deleted("berg"))
    given = Inventory(domains=(Domain(name="west.example"),), entries=(account("chen@west.example"),))
    done = session.do(RestoreInventory(given))
    assert done.outcomes == (Outcome("", "done", "dump-restored", params={"entries": 1, "domains": 1}),)
    assert [entry.address for entry in session.state.live_entries()] == ["chen@west.example"]
    assert (used(session), session.seats.report().limit, session.seats.held()) == (1, None, [])


def test_a_dump_may_be_restored_beyond_the_limit(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=1)
    given = replace(session.state.inventory, entries=(account("a"), account("b")))
    session.do(RestoreInventory(given))
    assert session.seats.report().state == "exceeded"


@settings(max_examples=EXAMPLES, deadline=None)
@given(inventory=inventories())
def test_a_dump_of_what_was_restored_is_the_same_dump(
    inventory: Inventory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    given = checked(inventory, "given")
    session = session_of(folder, account("anna"))
    session.do(RestoreInventory(given))
    dump = dump_of(session)
    assert restore(folder / "other", read_dump(dump, "dump")) is None
    assert dump_of(Session.open(folder / "other")) == dump
    assert dump_of(Session.open(session.store.folder)) == dump
    assert len(orjson.loads(dump)["entries"]) == len(inventory.entries)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_survives_a_dump(tmp_path: Path, name: str) -> None:
    session = sample_session(name, tmp_path / "s", clock=noon())
    done = restore(tmp_path / "t", read_dump(dump_of(session), "dump"))
    assert done is None
    assert dump_of(Session.open(tmp_path / "t")) == dump_of(session)
    used(session)


def test_restore_makes_a_store_or_fills_the_one_that_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert restore(folder, Inventory(entries=(account("anna"),))) is None
    done = restore(folder, Inventory(), Operator("anna", "chen"), 0, "clean up")
    assert done is not None
    assert done.outcomes == (Outcome("", "done", "dump-restored", params={"entries": 0, "domains": 0}),)
    assert done.commit is not None
    assert (done.commit.operator, done.commit.reason) == (Operator("anna", "chen"), "clean up")
    (folder / "journal.jsonl").write_text("damaged\n")
    with pytest.raises(StoreUnusable, match="journal-damaged"):
        restore(folder, Inventory())
    assert (folder / "journal.jsonl").read_text() == "damaged\n"


def test_a_restore_waits_no_longer_than_asked(tmp_path: Path) -> None:
    restore(tmp_path / "s", Inventory())
    with FileLock(tmp_path / "s" / "lock"), pytest.raises(StoreBusy, match="store-busy"):
        restore(tmp_path / "s", Inventory(), patience=0)


def test_a_dump_file_is_private_and_whole(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    write_document(tmp_path / "dump.json", dump_of(session), session.store.folder)
    assert (tmp_path / "dump.json").stat().st_mode & 0o777 == 0o600
    assert checked(session.state.inventory, "x").domains == read_dump_file(tmp_path / "dump.json").domains
    write_document(tmp_path / "dump.json", b"{}", session.store.folder)
    assert read_dump_file(tmp_path / "dump.json") == Inventory()


def test_a_dump_does_not_follow_a_link_but_takes_its_place(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    (tmp_path / "other").write_text("mine")
    (tmp_path / "dump.json").symlink_to(tmp_path / "other")
    write_document(tmp_path / "dump.json", b"{}", session.store.folder)
    assert (tmp_path / "other").read_text() == "mine"
    assert (tmp_path / "dump.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["dump.json", "store.json", "journal.jsonl", "lock", "set-aside/dump.json"])
def test_no_file_is_put_into_the_stores_own_folder(tmp_path: Path, name: str) -> None:
    session = session_of(tmp_path, account("anna"))
    (session.store.folder / "set-aside").mkdir()
    (tmp_path / "link").symlink_to(session.store.folder)
    before = {path: path.read_bytes() for path in session.store.folder.iterdir() if path.is_file()}
    for path in (session.store.folder / name, tmp_path / "link" / name, tmp_path / "x" / ".." / "link" / name):
        with pytest.raises(BadInput, match="in-store-folder"):
            write_document(path, b"{}", session.store.folder)
        with pytest.raises(BadInput, match="in-store-folder"):
            backup(session, path)
    assert {path: path.read_bytes() for path in session.store.folder.iterdir() if path.is_file()} == before


def test_a_link_in_the_stores_folder_that_leads_out_of_it_does_not_help(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    (session.store.folder / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="in-store-folder"):
        write_document(session.store.folder / "out", b"{}", session.store.folder)


def test_a_dump_goes_into_a_pipe_that_is_there(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_document(tmp_path / "pipe", b"{}", session.store.folder)
        assert os.read(reader, 10) == b"{}"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_dump_that_cannot_be_written_or_read_is_reported(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    with pytest.raises(BadInput, match=r"cannot-write.*nowhere/dump\.json.*No such file"):
        write_document(tmp_path / "nowhere" / "dump.json", b"{}", session.store.folder)
    with pytest.raises(BadInput, match="cannot-write"):
        write_document(tmp_path, b"{}", session.store.folder)
    with pytest.raises(BadInput, match=r"cannot-read.*dump\.json.*No such file"):
        read_dump_file(tmp_path / "dump.json")
    with pytest.raises(BadInput, match="not-a-dump"):
        read_dump(json.dumps([]).encode(), "x")


def test_a_sample_is_put_into_a_folder_once(tmp_path: Path) -> None:
    session = sample_session("small", tmp_path / "s", clock=noon())
    session.do(DisableAccounts((session.state.live_entries()[0].address,)))
    with pytest.raises(Refused, match="store-exists"):
        sample_session("office", tmp_path / "s")
    with pytest.raises(NotFound, match="no-such-sample"):
        sample_session("nothing", tmp_path / "t")
    assert not (tmp_path / "t").exists()
