"""Long lists: whatever a server says of their length, and whatever changes meanwhile, no user is lost."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.providers.base import Missing, ServerState
from tests.kerio_server.faults import Churn
from tests.kerio_server.fixtures import need_openssl
from tests.kerio_server.readings import read_in_pages
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Unknowns
from tests.kerio_server.world import World

DOMAIN = "north.example"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KerioServer]:
    need_openssl()
    with KerioServer(tmp_path_factory.mktemp("lists")) as server:
        yield server


@pytest.fixture
def served(running: KerioServer) -> Callable[..., KerioServer]:
    """Lets another world be on the server: a domain with so many users, which behaves as asked."""

    def begin(users: int, **unknowns: Any) -> KerioServer:
        world = World(unknowns=Unknowns(**unknowns))
        world.add_domain(DOMAIN)
        for number in range(users):
            world.add_user(f"user{number:04}@{DOMAIN}")
        running.reset(world)
        return running

    return begin


def read(server: KerioServer, page: int = 10, user: str = "") -> ServerState:
    access = ServerAccess(url=server.url, user=user or server.user, fingerprint=server.fingerprint)
    return read_in_pages(access, server.password, page)


def logins(state: ServerState) -> list[str]:
    return [entry.login for domain in state.domains for entry in domain.entries if entry.kind == "user"]


def on(server: KerioServer) -> list[str]:
    """Who is there, in the order of their logins."""
    return sorted(user.login for user in server.world.users.values())


@pytest.mark.parametrize("users", [0, 1, 10, 19, 25])
@pytest.mark.parametrize(
    "how",
    [
        *({"totals": totals} for totals in ("missing", "negative", "empty", "of the page")),
        *({"totals": totals, "most_users": most} for totals in ("missing", "stated") for most in (1, 3)),
        *({"totals": totals, "pages": "limit ignored"} for totals in ("missing", "stated")),
        {"totals": "missing", "pages": "start ignored"},
    ],
    ids=str,
)
def test_a_list_is_read_to_its_end_however_it_is_counted(
    served: Callable[..., KerioServer], users: int, how: dict[str, Any]
) -> None:
    server = served(users, **how)
    state = read(server)
    assert (logins(state), state.missing) == (on(server), ())


@pytest.mark.parametrize("totals", ["stated", "missing", "of the page"])
@pytest.mark.parametrize("gone", [3, 9, 12])
@pytest.mark.parametrize("new", ["aaa", "zzz"])
def test_a_removal_and_an_addition_between_two_pages_lose_no_one(
    served: Callable[..., KerioServer], gone: int, new: str, totals: str
) -> None:
    server = served(25, totals=totals)

    def change(world: World) -> None:
        world.remove_user(f"user{gone:04}@{DOMAIN}")
        world.add_user(f"{new}@{DOMAIN}")

    server.faults.add(Churn(change), "Users.get")
    assert set(on(server)) - {f"user{gone:04}"} - set(logins(read(server))) <= {new}


CHANGES: dict[str, Callable[[World], object]] = {
    "grows": lambda world: world.add_user(f"aaa@{DOMAIN}"),
    "shrinks": lambda world: world.remove_user(f"user0000@{DOMAIN}"),
    "renames": lambda world: world.change_user(f"user0015@{DOMAIN}", loginName="aaa"),
    "replaces": lambda world: world.replace_user(f"user0009@{DOMAIN}"),
}
"""The last two: from the second page to the first, and the row that both have in common."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_domain_that_changes_while_it_is_read_is_read_again(served: Callable[..., KerioServer], change: str) -> None:
    server = served(25)
    server.faults.add(Churn(CHANGES[change]), "Users.get")
    state = read(server)
    assert logins(state) == on(server)
    assert {entry.server_id for domain in state.domains for entry in domain.entries} == set(server.world.users)
    starts = [seen.params["query"]["start"] for seen in server.calls if seen.method == "Users.get"]
    assert starts.count(0) == 2


def test_a_domain_that_changes_each_time_is_given_up(served: Callable[..., KerioServer]) -> None:
    server = served(25)
    server.faults.add(Churn(lambda world: world.add_user(f"n{world.version}@{DOMAIN}")), "Users.get", times=None)
    with pytest.raises(SourceAway, match="list-kept-changing"):
        read(server, page=1)


def test_a_login_that_is_restricted_to_its_domain_sees_no_domain_gone(served: Callable[..., KerioServer]) -> None:
    server = served(5)
    server.world.add_user(f"boss@{DOMAIN}", role="FullAdmin", password=server.password, hasDomainRestriction=True)
    state = read(server, user=f"boss@{DOMAIN}")
    assert not state.has_all_domains
    assert state.missing == (Missing("other-domains", "", "own-domain-only"),)


@pytest.mark.parametrize("is_reported", [True, False])
def test_users_of_other_servers_of_a_distributed_domain_are_distinguished(
    served: Callable[..., KerioServer], is_reported: bool
) -> None:
    server = served(2, refused_reads={} if is_reported else {"BuiltInAdmin": frozenset({"Domains.getSettings"})})
    server.world.add_domain("wide.example", distributed=True)
    for login, home in (("here", ""), ("there", "south")):
        server.world.add_user(f"{login}@wide.example", home=home)
    state = read(server)
    away = [entry.login for domain in state.domains for entry in domain.entries if entry.origin == "other_server"]
    assert away == (["there"] if is_reported else [])
    assert [each.figure for each in state.missing] == ([] if is_reported else ["home-server"])
    assert any("home" in fields for fields in state.silent.values()) is not is_reported
