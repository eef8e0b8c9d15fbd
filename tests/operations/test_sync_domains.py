"""Domains whose names change hands on the server between two readings."""

from collections.abc import Callable
from contextlib import closing

import pytest
from msgspec.structs import replace

from kconsole.core.directory import Directory
from kconsole.core.errors import Refused
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts
from kconsole.operations.mapping import SetDirectory
from kconsole.operations.server import AddDomain, AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.text.messages import words_of
from tests.kerio_server.world import World
from tests.operations.followed import ANNA, BERG, CHEN, OTTO, Followed, here, state

NORTH, SOUTH, WEST = "north.example", "south.example", "west.example"


def chain(world: World) -> None:
    world.rename_domain(SOUTH, WEST)
    world.rename_domain(NORTH, SOUTH)


def swap(world: World) -> None:
    world.rename_domain(SOUTH, WEST)
    world.rename_domain(NORTH, SOUTH)
    world.rename_domain(WEST, NORTH)


def succession(world: World) -> None:
    """One is deleted, and another one takes its name."""
    take_out(world, SOUTH)
    world.rename_domain(NORTH, SOUTH)


def successor(world: World) -> None:
    """One gets another name, and a new one takes the name that it had."""
    world.rename_domain(SOUTH, WEST)
    world.add_domain(SOUTH)
    world.add_user("eve@south.example")


def nothing(_: World) -> None:
    """All names stay."""


CHANGES = (chain, swap, succession, successor)


def take_out(world: World, name: str) -> None:
    domain = world.domain(name)
    for user in world.users_of(domain.id):
        world.take_out(user)
    del world.domains[domain.id]


def names(session: Session) -> dict[str, str]:
    """By the ids of domains, what they are called; of each there is one record."""
    domains = session.state.inventory.domains
    found = {domain.server_id: domain.name for domain in domains}
    assert len(found) == len({domain.name for domain in domains}) == len(domains)
    return found


def names_there(at: Followed) -> dict[str, str]:
    return {domain.id: domain.name for domain in at.mail.world.domains.values()}


def check_is_as_there(session: Session, at: Followed) -> None:
    assert names(session) == names_there(at)
    assert here(session) == at.there
    assert len({entry.address for entry in session.state.live_entries()}) == len(session.state.live_entries())
    state(session)


@pytest.mark.parametrize("change", CHANGES)
def test_names_that_change_hands_are_those_of_the_server_at_once(
    at: Followed, session: Session, change: Callable[[World], None]
) -> None:
    with closing(at.opened(session.store.folder, "berg")) as other:
        change(at.mail.world)
        at.read(session)
        check_is_as_there(session, at)
        other.catch_up()
        check_is_as_there(other, at)
        assert other.seats.report() == session.seats.report()
    assert not at.read(session).changed
    with closing(at.opened(session.store.folder)) as again:
        check_is_as_there(again, at)
        at.do(again, AddAccount("fred@south.example"))
        assert here(again) == at.there


@pytest.mark.parametrize("change", [chain, swap])
def test_a_domain_keeps_its_number_and_what_only_the_store_knows(
    at: Followed, session: Session, change: Callable[[World], None]
) -> None:
    directory = Directory(url="ldaps://dc.example", base="dc=example")
    session.do(SetDirectory(SOUTH, directory))
    south = at.mail.world.domain(SOUTH).id
    numbers = {entry.server_id: entry.id for entry in session.state.live_entries()}
    change(at.mail.world)
    at.read(session)
    (mapped,) = [domain for domain in session.state.inventory.domains if domain.directory is not None]
    assert (mapped.server_id, mapped.directory) == (south, directory)
    assert {entry.server_id: entry.id for entry in session.state.live_entries()} == numbers


def test_all_that_is_in_a_domain_goes_with_it(at: Followed, session: Session) -> None:
    session.commit(AddAccount("local@south.example"))
    at.do(session, DeleteAccounts((OTTO,)))
    local, otto = session.state.find("local@south.example"), session.state.find(OTTO)
    assert session.seats.report().held == 1
    chain(at.mail.world)
    outcomes = {outcome.address: words_of(outcome.message) for outcome in at.read(session).changed}
    state(session)
    assert session.state.find("local@west.example").id == local.id
    assert session.state.find("otto@west.example").id == otto.id  # its seat is held in the domain that it was in
    held = {domain.name: domain.held for domain in session.seats.report().domains}
    assert held == {SOUTH: 0, WEST: 1}
    assert outcomes["chen@west.example"] == outcomes["local@west.example"] == "changed on the server"
    assert "otto@west.example" not in outcomes


def test_what_was_changed_meanwhile_goes_with_its_domain(at: Followed, session: Session) -> None:
    begun = begin_reading(session)
    swap(at.mail.world)
    snapshot = read_server(begun.access, Secret(at.mail.password))
    at.do(session, DisableAccounts((ANNA, CHEN)))
    session.do(Sync(snapshot, begun=begun))
    check_is_as_there(session, at)


def test_who_was_in_a_domain_that_is_gone_is_gone_with_it(at: Followed, session: Session) -> None:
    at.mail.world.add_alias("info@south.example", "otto")
    at.mail.world.add_user("anna@south.example")
    at.read(session)
    succession(at.mail.world)
    outcomes = {outcome.address for outcome in at.read(session).changed if "gone" in words_of(outcome.message)}
    assert outcomes == {CHEN, OTTO, "anna@south.example", "info@south.example"}
    check_is_as_there(session, at)
    assert session.state.find("anna@south.example").full_name == "Anna Berg"


def test_a_domain_made_again_under_its_name_is_the_one_that_the_store_has(at: Followed, session: Session) -> None:
    take_out(at.mail.world, SOUTH)
    at.mail.world.add_domain(SOUTH)
    at.mail.world.add_user(OTTO)
    number = session.state.find(OTTO).id
    at.read(session)
    check_is_as_there(session, at)
    assert session.state.find(OTTO).id == number


def test_a_domain_that_only_the_store_had_becomes_the_one_that_gets_its_name(at: Followed, session: Session) -> None:
    directory = Directory(url="ldaps://dc.example", base="dc=example")
    session.commit(AddDomain(WEST))
    session.commit(SetDirectory(WEST, directory))
    for login in ("otto", "local"):
        session.commit(AddAccount(f"{login}@west.example"))
    number = session.state.find(OTTO).id
    at.mail.world.rename_domain(SOUTH, WEST)
    at.read(session)
    assert names(session) == names_there(at)
    found = session.state.domain_named(WEST)
    assert found is not None
    assert found.directory == directory
    assert session.state.find("otto@west.example").id == number
    assert session.state.find("local@west.example").server_id == ""
    assert len(session.state.live_entries()) == len({entry.address for entry in session.state.live_entries()})
    state(session)


def test_a_login_that_is_not_shown_all_domains_does_not_guess(at: Followed, session: Session) -> None:
    world = at.mail.world
    world.add_user("helper@north.example", role="AccountAdmin", password=at.mail.password)
    at.read(session)
    chain(world)
    server = session.state.server
    assert server is not None
    session.do(AddServer(replace(server, access=replace(server.access, user="helper@south.example"))))
    before = session.state.inventory
    with pytest.raises(Refused, match="domain-name-moved"):
        at.read(session)
    assert session.state.inventory == before
    session.do(AddServer(replace(server, access=replace(server.access, user=at.mail.user))))
    at.read(session)
    check_is_as_there(session, at)


@pytest.mark.parametrize("change", [chain, swap, successor, nothing])
def test_a_store_that_was_mixed_up_before_is_set_right(
    at: Followed, session: Session, change: Callable[[World], None]
) -> None:
    """As an earlier kconsole left it: two domains of one name, of one id, and two accounts of one address."""
    known = session.state.inventory
    north, south = known.domains
    mixed = (
        replace(south, name=WEST),
        north,
        south,
        Domain(name=SOUTH, server_id="keriodb://domain/gone"),
    )
    twin = Entry(address=BERG)
    inventory = Inventory(license=known.license, server=known.server, domains=mixed, entries=(*known.entries, twin))
    folder = at.folder / f"mixed-{change.__name__}"
    with closing(Session.create(folder, inventory, "anna", at.clock, patience=0)) as other:
        change(at.mail.world)
        at.read(other)
        check_is_as_there(other, at)
        assert not at.read(other).changed
