"""Taking in the server's own files: planned, then all of it or nothing, and again to update."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput, Refused
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, Kind, fold
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_config import KerioConfig
from kconsole.operations.importing.kerio_files import SERVER, USERS, ImportKerio, KerioPlan, read_kerio
from kconsole.operations.session import Session
from tests.importers.kerio_writer import SECRET, document, listed, user, users_file, write_files
from tests.operations.sessions import (
    DOMAIN,
    NORTH,
    SOUTH,
    account,
    alias,
    another,
    deleted,
    logged_in,
    session_of,
    used,
)


def written(folder: Path, users: bytes, server: bytes | None = b"<config/>") -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in ((USERS, users), (SERVER, server)):
        (folder / name).unlink(missing_ok=True)
        if content is not None:
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(content)
    return folder


def config_of(tmp_path: Path, *users: dict[str, str]) -> KerioConfig:
    return read_kerio(written(tmp_path / "kerio", users_file(*users)))


def counts(plan: KerioPlan) -> tuple[int, int, int, int, int]:
    return len(plan.new), len(plan.changed), len(plan.same), len(plan.gone), len(plan.faulty)


def bare(entries: object) -> set[Entry]:
    assert isinstance(entries, list | tuple)
    return {replace(entry, id=0) for entry in entries}


OFFICE = Inventory(
    license=License(seats=3),
    domains=(NORTH, Domain(name="south.example", description="The south")),
    entries=(
        account("anna", full_name="Anna Berg", description="Sales", role="full_admin"),
        account("berg", enabled=False, role="auditor"),
        account("chen@south.example"),
        alias("info", "anna", "berg"),
        account("all", kind="mailing_list", description="Everybody"),
        account("room", kind="resource", full_name="Room 1"),
        Entry(address="Admin", kind="builtin_admin", enabled=False),
    ),
)


def test_a_server_is_taken_whole_and_again_nothing_is_new(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=2, domains=())
    config = read_kerio(write_files(tmp_path / "kerio", OFFICE))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (counts(plan), plan.seats_needed, plan.seats_free, plan.notes) == ((7, 0, 0, 0, 0), 2, 2, [])
    session.do(ImportKerio(config))
    assert bare(session.state.live_entries()) == {replace(entry, origin="imported") for entry in OFFICE.entries}
    assert session.state.inventory.domains == OFFICE.domains
    assert (used(session), session.seats.report().state) == (2, "full")
    again = ImportKerio(config).plan(session.state, session.seats)
    assert (counts(again), again.new_domains, again.gone_domains) == ((0, 0, 7, 0, 0), [], [])
    assert session.do(ImportKerio(config)).commit is None


def test_running_again_updates_what_the_files_say_and_leaves_what_they_do_not(tmp_path: Path) -> None:
    known = account("Anna", full_name="A", origin="directory", mailbox=True, last_login=logged_in(3), role="auditor")
    session = session_of(tmp_path, known, alias("info", "anna"), account("old"), account("all", kind="mailing_list"))
    users = listed("User", [user("anna", FullName="Anna Berg", Rights="3", Account_enabled="0")])
    aliases = listed("Alias", [{"Domain": "NORTH.example", "Lhs": "INFO", "Description": "Front desk"}])
    config = read_kerio(written(tmp_path / "kerio", document(users, aliases)))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (counts(plan), [entry.login for entry in plan.gone]) == ((0, 2, 0, 1, 0), ["old"])
    session.do(ImportKerio(config))
    anna, info = session.state.find("anna@north.example"), session.state.find("info@north.example")
    assert replace(anna, id=0) == replace(known, full_name="Anna Berg", role="full_admin", enabled=False)
    assert (info.description, info.delivers_to) == ("Front desk", ("anna@north.example",))
    assert session.state.find("old@north.example").deleted_at is None
    assert used(session) == 1
    session.undo()
    assert replace(session.state.find("anna@north.example"), id=0) == known


def test_an_unknown_state_or_role_is_left_as_it_is(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna", enabled=False, role="account_admin"))
    config = config_of(tmp_path, user("anna", Account_enabled="", Rights="2"))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert counts(plan) == (0, 0, 1, 0, 0)
    assert [note.code for note in plan.notes] == ["rights-unknown"]


def test_an_import_that_does_not_fit_is_refused_whole(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("off", enabled=False), account("x"), deleted("held"), seats=3)
    config = config_of(tmp_path, user("off"), user("held"), user("anna"))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (plan.seats_needed, plan.seats_free, plan.short_by, plan.decision.allowed) == (2, 1, 1, False)
    with pytest.raises(Refused, match="over-limit") as refused:
        session.do(ImportKerio(config))
    assert (refused.value.params["over"], refused.value.effect) == (1, Message("nothing-imported"))
    assert ({entry.login for entry in session.state.live_entries()}, used(session)) == ({"off", "x"}, 2)


def test_seats_that_the_same_files_free_can_be_taken(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), seats=1)
    config = config_of(tmp_path, user("anna", Account_enabled="0"), user("berg"))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (plan.seats_needed, plan.seats_freed, plan.seats_free, plan.decision.allowed) == (1, 1, 1, True)
    session.do(ImportKerio(config))
    assert used(session) == 1


def test_an_import_is_refused_at_the_limit_of_a_domain(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("a@south.example"), domains=(NORTH, SOUTH))
    with pytest.raises(Refused, match="domain-limit"):
        session.do(ImportKerio(config_of(tmp_path, user("b", "south.example"), user("c", "south.example"))))


def test_it_is_planned_again_on_what_another_console_changed(tmp_path: Path) -> None:
    session = session_of(tmp_path, seats=1)
    config = config_of(tmp_path, user("anna"))
    assert ImportKerio(config).plan(session.state, session.seats).decision.allowed
    another(session).do(ImportKerio(config_of(tmp_path, user("berg"))))
    with pytest.raises(Refused):
        session.do(ImportKerio(config))


def test_faulty_users_refuse_the_import_or_are_skipped(tmp_path: Path) -> None:
    session = session_of(tmp_path, alias("info", "anna"))
    config = config_of(tmp_path, user("anna"), user("a b"), user("x", "no domain"), user("info"))
    with pytest.raises(BadInput, match="faulty-users") as caught:
        session.do(ImportKerio(config))
    assert [detail.params["what"] for detail in caught.value.details] == [
        message("bad-name", problem="space"),
        message("its-domain-invalid", why=message("label-sign", label="no domain", longest=63)),
        message("row-address-taken", holder="alias"),
    ]
    assert [entry.login for entry in session.state.live_entries()] == ["info"]
    done = session.do(ImportKerio(config, skip_faulty=True))
    assert ([outcome.address for outcome in done.changed], len(done.failures)) == (["anna@north.example"], 3)


def test_a_faulty_user_is_not_gone(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    config = config_of(tmp_path, user("ANNA", Account_enabled="perhaps"))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (counts(plan), plan.gone[0].login) == ((0, 0, 0, 1, 1), "berg")


def test_anything_else_that_cannot_be_taken_is_passed_over_and_said(tmp_path: Path) -> None:
    lists = listed("MailingList", [{"Domain": DOMAIN, "Name": "anna"}, {"Domain": "no domain", "Name": "all"}])
    domains = listed("Domain", [{"Domain": "local host", "Type": "1"}, {"Domain": "west.example", "Type": "0"}])
    config = read_kerio(written(tmp_path / "kerio", users_file(), document(lists, domains)))
    session = session_of(tmp_path, account("anna"))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert ([domain.name for domain in plan.new_domains], plan.new_domains[0].primary) == (["west.example"], False)
    assert [domain.name for domain in plan.gone_domains] == [DOMAIN, "south.example"]
    assert [note.params.get("reason", note.placed) for note in plan.notes] == [
        message("other-primary-domain", file="west.example", store="north.example"),
        message("domain-name-invalid", why=message("label-sign", label="local host", longest=63)),
        message("row-address-taken", holder="local"),
        message("its-domain-invalid", why=message("label-sign", label="no domain", longest=63)),
    ]


def test_a_renamed_built_in_administrator_is_the_same_one(tmp_path: Path) -> None:
    session = session_of(tmp_path, Entry(address="Admin", kind="builtin_admin"))
    renamed = Inventory(entries=(Entry(address="Root", kind="builtin_admin", enabled=False),))
    session.do(ImportKerio(read_kerio(write_files(tmp_path / "kerio", renamed))))
    assert bare(session.state.live_entries()) == {Entry(address="Root", kind="builtin_admin", enabled=False)}


def test_several_primary_domains_are_none(tmp_path: Path) -> None:
    domains = listed("Domain", [{"Domain": name, "Type": "0"} for name in ("a.example", "b.example")])
    config = read_kerio(written(tmp_path / "kerio", users_file(), document(domains)))
    session = session_of(tmp_path, domains=())
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert [(domain.name, domain.primary) for domain in plan.new_domains] == [
        ("a.example", False),
        ("b.example", False),
    ]
    assert plan.notes == [LineMessage(0, "several-primary-domains", {"number": 2})]


def test_what_only_a_missing_file_names_is_left_and_said(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("all", kind="mailing_list"))
    config = read_kerio(written(tmp_path / "kerio", users_file(user("anna")), None))
    plan = ImportKerio(config).plan(session.state, session.seats)
    assert (counts(plan), plan.notes) == (
        (1, 0, 0, 0, 0),
        [LineMessage(0, "config-missing", {"name": SERVER})],
    )


def test_files_that_are_none_are_refused_and_never_waited_for(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot-read.*No such file"):
        read_kerio(tmp_path)
    with pytest.raises(BadInput, match=r"cannot-read.*Not a directory"):
        read_kerio(written(tmp_path / "kerio", users_file()) / USERS)
    os.mkfifo(tmp_path / USERS)
    with pytest.raises(BadInput, match=r"cannot-read.*not-a-file"):
        read_kerio(tmp_path)
    (tmp_path / USERS).unlink()
    (tmp_path / USERS).mkdir()
    with pytest.raises(BadInput, match=r"cannot-read.*not-a-file"):
        read_kerio(tmp_path)
    (tmp_path / USERS).rmdir()
    (tmp_path / USERS).symlink_to(USERS)
    with pytest.raises(BadInput, match=r"cannot-read.*Too many levels"):
        read_kerio(tmp_path)
    (tmp_path / USERS).unlink()
    (tmp_path / USERS).symlink_to(tmp_path / "kerio" / USERS)
    assert read_kerio(tmp_path).entries == []


def test_files_are_only_read_and_others_eyes_on_them_are_noticed(tmp_path: Path) -> None:
    folder = written(tmp_path / "kerio", users_file(user("anna")))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert read_kerio(folder).notes == []
    (folder / USERS).chmod(0o644)
    assert read_kerio(folder).notes == [LineMessage(0, "config-readable", {"name": USERS})]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_password_comes_into_the_store(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    config = read_kerio(write_files(tmp_path / "kerio", OFFICE))
    assert SECRET not in repr(config)
    session.do(ImportKerio(config))
    session.close()
    kept = b"".join(path.read_bytes() for path in session.store.folder.iterdir())
    assert b"anna@north.example" in kept
    assert SECRET.removeprefix("D3S:").encode() not in kept


names = st.sampled_from(["north.example", "South.example", "labs.example", "žluť.example"])
logins = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+'&#$~=!%-]{0,12}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=20).map(
    str.strip
)
addresses = st.builds("{}@{}".format, logins, names)
kinds: st.SearchStrategy[Kind] = st.sampled_from(("user", "mailing_list", "resource", "alias"))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(kinds)
    reported = Entry(
        address=draw(addresses), kind=kind, origin="imported", description=draw(texts), full_name=draw(texts)
    )
    if kind == "alias":
        targets = draw(st.lists(addresses, min_size=1, max_size=3, unique_by=fold))
        return replace(reported, full_name="", delivers_to=tuple(targets))
    if kind != "user":
        return reported
    return replace(reported, enabled=draw(st.booleans()), role=draw(st.sampled_from(["user", "auditor", "full_admin"])))


@st.composite
def servers(draw: st.DrawFn) -> Inventory:
    listed = draw(st.lists(names, unique=True, min_size=4))
    primary = draw(st.sampled_from([None, *listed]))
    drawn = draw(st.lists(entries(), max_size=12, unique_by=lambda entry: fold(entry.address)))
    admin = draw(st.sampled_from([(), (Entry(address="Root", kind="builtin_admin", origin="imported"),)]))
    domains = tuple(Domain(name=name, primary=name == primary, description=draw(texts)) for name in listed)
    return Inventory(domains=domains, entries=(*drawn, *admin))


@given(servers(), st.sampled_from(["UTF-8", "UTF-16"]))
def test_what_a_writer_makes_of_an_inventory_is_read_back_equal(server: Inventory, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session: Session = session_of(Path(folder), seats=None, domains=())
        config = read_kerio(write_files(Path(folder) / "kerio", server, encoding))
        session.do(ImportKerio(config))
        assert bare(session.state.live_entries()) == bare(server.entries)
        assert session.state.inventory.domains == server.domains
        assert session.do(ImportKerio(config)).commit is None
        session.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_marks_line_ends_and_blanks_make_no_difference(tmp_path: Path, encoding: str, ending: str) -> None:
    text = users_file(user("\xa0anna\xa0", "\ufeffbücher.example", FullName="Anna Žák\xa0")).decode()
    text = text[text.index("<config") :].replace("\n", ending)
    if encoding != "utf-16":
        text += f"{ending}\x1a"
    (entry,) = read_kerio(written(tmp_path / "kerio", text.encode(encoding))).entries
    assert (entry.address, entry.full_name) == ("anna@bücher.example", "Anna Žák")


def test_forms_of_one_domain_in_the_files_are_one(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    users = (user("anna", "bücher.example"), user("berg", "xn--bcher-kva.example"), user("anna", "BÜCHER.example"))
    plan = ImportKerio(config_of(tmp_path, *users)).plan(session.state, session.seats)
    assert [domain.name for domain in plan.new_domains] == ["bücher.example"]
    assert [entry.address for entry in plan.new] == ["anna@bücher.example", "berg@bücher.example"]
    assert [fault.code for fault in plan.faulty] == ["address-twice"]


def test_a_byte_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    content = users_file(user("anna", FullName="Andr")).replace(b"Andr", b"Andr\xe9")
    with pytest.raises(BadInput, match="config-malformed") as caught:
        read_kerio(written(tmp_path / "kerio", content))
    assert caught.value.params["line"] > 1
