"""What every provider does, whatever its product: the contract of `kconsole.providers.base`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest
from msgspec.structs import replace

from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import (
    Answer,
    AnswerLost,
    Applied,
    Cancelled,
    Create,
    CreateAlias,
    Delete,
    Denied,
    Disable,
    Enable,
    MailServer,
    NotLetIn,
    Progress,
    Provider,
    ServerState,
    Step,
    provider_of,
)
from tests.kerio_server.faults import Cut
from tests.kerio_server.server import KerioServer
from tests.providers.other import Desk

ANNA, BERG, NEW = "anna@north.example", "berg@north.example", "new@north.example"


class Side(Protocol):
    """A server of one product, as a test sees it."""

    access: ServerAccess
    password: str

    def domain_id(self, name: str) -> str: ...
    def is_enabled(self, address: str) -> bool | None: ...
    def rename(self, address: str, login: str) -> None: ...
    def remove(self, address: str) -> None: ...
    def set_seats(self, seats: int) -> None: ...
    def lose_next_answer(self, step: Step, done: bool) -> None: ...
    def stop(self) -> None: ...


class KerioSide:
    def __init__(self, server: KerioServer) -> None:
        self.server, self.password = server, server.password
        self.access = ServerAccess(url=server.url, user=server.user, fingerprint=server.fingerprint)

    def domain_id(self, name: str) -> str:
        return self.server.world.domain(name).id

    def is_enabled(self, address: str) -> bool | None:
        user = self.server.world.find(address)
        return None if user is None else user.enabled

    def rename(self, address: str, login: str) -> None:
        self.server.world.change_user(address, loginName=login)

    def remove(self, address: str) -> None:
        self.server.world.remove_user(address)

    def set_seats(self, seats: int) -> None:
        self.server.world.set_license(users=seats)

    def lose_next_answer(self, step: Step, done: bool) -> None:
        method = {Create: "Users.create", Delete: "Users.remove"}.get(type(step), "Users.set")
        self.server.faults.add(Cut(done=done), method)

    def stop(self) -> None:
        self.server.stop()


class DeskSide:
    def __init__(self, desk: Desk, access: ServerAccess) -> None:
        self.desk, self.access, self.password = desk, access, desk.password

    def domain_id(self, name: str) -> str:
        return next(id_ for id_, each in self.desk.domains.items() if each == name)

    def is_enabled(self, address: str) -> bool | None:
        account = self.desk.at(address)
        return None if account is None else account.enabled

    def rename(self, address: str, login: str) -> None:
        account = self.desk.at(address)
        assert account is not None
        self.remove(address)
        self.desk.accounts[account.server_id] = replace(account, address=f"{login}@{account.domain}")

    def remove(self, address: str) -> None:
        account = self.desk.at(address)
        assert account is not None
        del self.desk.accounts[account.server_id]

    def set_seats(self, seats: int) -> None:
        self.desk.seats = seats

    def lose_next_answer(self, step: Step, done: bool) -> None:
        del step
        self.desk.trouble = "lost, and done" if done else "lost"

    def stop(self) -> None:
        self.desk.trouble = "away"


@pytest.fixture(params=["kerio", "desk"])
def side(request: pytest.FixtureRequest) -> Side:
    """Two domains, with Anna who is enabled and Berg who is not."""
    if request.param == "desk":
        return DeskSide(request.getfixturevalue("desk"), request.getfixturevalue("desk_access"))
    server: KerioServer = request.getfixturevalue("kerio_server")
    server.world.set_license(users=20)
    server.world.add_domain("north.example")
    server.world.add_domain("south.example")
    server.world.add_user(ANNA, "Anna Berg")
    server.world.add_user(BERG, enabled=False)
    server.world.add_user("chen@south.example")
    server.world.add_list("team@north.example")
    return KerioSide(server)


@pytest.fixture
def provider(side: Side) -> Provider:
    return provider_of(side.access)


@contextmanager
def session(side: Side, cancel: threading.Event | None = None) -> Iterator[MailServer]:
    with provider_of(side.access).connected(side.access, Secret(side.password), cancel) as mail:
        yield mail


def id_of(mail: MailServer, side: Side, address: str) -> str:
    login, _, name = address.partition("@")
    found = mail.find(side.domain_id(name), login)
    assert found is not None
    return found.server_id


def answers(answer: Answer) -> tuple[Applied | Denied, ...]:
    assert not isinstance(answer, AnswerLost)
    return answer


def users_of(state: ServerState) -> dict[str, bool]:
    return {entry.address: entry.enabled for each in state.domains for entry in each.entries if entry.is_account}


def test_it_says_what_it_can_do(side: Side) -> None:
    with session(side) as mail:
        capabilities = mail.capabilities()
        assert mail.access == side.access
    assert capabilities.product
    assert capabilities.most_at_once >= 1
    assert capabilities.mailbox_fates
    assert {"user"} < capabilities.ranks.keys()


def test_everything_is_read_in_neutral_records(side: Side) -> None:
    seen: list[Progress] = []
    with session(side) as mail:
        state = mail.read(seen.append)
    assert (state.missing, state.has_all_domains) == ((), True)
    assert [each.domain.name for each in state.domains] == ["north.example", "south.example"]
    assert [each.domain.server_id for each in state.domains] == [
        side.domain_id("north.example"), side.domain_id("south.example"),
    ]  # fmt: skip
    assert users_of(state).items() >= {ANNA: True, BERG: False, "chen@south.example": True}.items()
    entries = [entry for each in state.domains for entry in each.entries]
    ids = [entry.server_id for entry in entries]
    assert all(ids)
    assert len(ids) == len(set(ids))
    assert {entry.id for entry in entries} == {0}
    for each in state.domains:
        kinds = [entry.kind == "user" for entry in each.entries]
        assert kinds == sorted(kinds, reverse=True)
        assert "user" in each.complete
    assert state.role in mail.capabilities().ranks
    assert state.license is not None
    assert (state.numbers.licensed, state.numbers.current) != (None, None)
    assert state.numbers.domains
    assert seen[-1].domains == seen[-1].domains_done == 2


def test_an_account_is_created_changed_found_and_deleted(side: Side) -> None:
    domain_id = side.domain_id("north.example")
    with session(side) as mail:
        answer = mail.apply(Create(domain_id, "new", "New", password=Secret("a new pass phrase")))
        assert not isinstance(answer, AnswerLost)
        (applied,) = answer
        assert isinstance(applied, Applied)
        ids = (applied.server_id,)
        assert side.is_enabled(NEW)
        assert mail.apply(Disable(ids)) == (applied,)
        assert side.is_enabled(NEW) is False
        found = mail.find(domain_id, "NEW")
        assert found is not None
        assert (found.server_id, found.enabled, found.full_name) == (applied.server_id, False, "New")
        assert mail.apply(Enable(ids)) == (applied,)
        assert side.is_enabled(NEW)
        assert mail.apply(Delete(ids, "keep")) == (applied,)
        assert side.is_enabled(NEW) is None
        assert mail.find(domain_id, "new") is None
        assert mail.find(domain_id, "new", applied.server_id) is None
        assert NEW not in users_of(mail.read())


def test_an_alias_takes_the_address_of_a_deleted_account(side: Side) -> None:
    domain_id = side.domain_id("north.example")
    with session(side) as mail:
        step = CreateAlias(domain_id, "anna", "chen@south.example")
        assert mail.find_alias(domain_id, "anna", "chen@south.example") is None
        if mail.capabilities().makes_aliases:
            assert [isinstance(each, Denied) for each in answers(mail.apply(step))] == [True], "anna is there"
            mail.apply(Delete((id_of(mail, side, ANNA),), "keep"))
            assert [isinstance(each, Applied) for each in answers(mail.apply(step))] == [True]
            found = mail.find_alias(domain_id, "ANNA", "chen@south.example")
            assert found is not None
            assert (found.kind, found.delivers_to) == ("alias", ("chen@south.example",))
            assert mail.find_alias(domain_id, "anna", "otto@south.example") is None
            assert [isinstance(each, Denied) for each in answers(mail.apply(step))] == [True], "it is there"
        else:
            assert [isinstance(each, Denied) for each in answers(mail.apply(step))] == [True]


def test_a_disabled_account_frees_its_seat_at_once(side: Side) -> None:
    with session(side) as mail:
        before = mail.read().numbers.current
        mail.apply(Disable((id_of(mail, side, ANNA),)))
        disabled = mail.read().numbers.current
        assert before is not None
        assert disabled == before - 1


def test_a_renamed_account_is_found_by_its_id(side: Side) -> None:
    domain_id = side.domain_id("north.example")
    with session(side) as mail:
        id_ = id_of(mail, side, ANNA)
        side.rename(ANNA, "anna.berg")
        found = mail.find(domain_id, "anna", id_)
        assert found is not None
        assert found.login == "anna.berg"
        assert mail.find(domain_id, "anna") is None


def test_each_account_is_refused_for_its_own_reason(side: Side) -> None:
    domain_id = side.domain_id("north.example")
    with session(side) as mail:
        id_ = id_of(mail, side, ANNA)
        side.remove(ANNA)
        gone = mail.apply(Disable((id_,)))
        exists = mail.apply(Create(domain_id, "berg"))
        if mail.capabilities().most_at_once > 1:
            berg = id_of(mail, side, BERG)
            mixed = mail.apply(Enable((id_, berg)))
            assert not isinstance(mixed, AnswerLost)
            assert [isinstance(each, Applied) for each in mixed] == [False, True]
        side.set_seats(1)
        full = mail.apply(Create(domain_id, "new"))
    for answer, reason in ((gone, "not-there"), (exists, "exists"), (full, "license-full")):
        assert not isinstance(answer, AnswerLost)
        (denied,) = answer
        assert isinstance(denied, Denied)
        assert denied.reason == reason
    assert side.is_enabled(NEW) is None


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("kind", ["disable", "create", "delete"])
def test_a_lost_answer_is_lost_and_can_be_asked_about(side: Side, kind: str, done: bool) -> None:
    domain_id = side.domain_id("north.example")
    with session(side) as mail:
        id_ = id_of(mail, side, ANNA)
        steps: dict[str, Step] = {
            "disable": Disable((id_,)), "create": Create(domain_id, "new"), "delete": Delete((id_,), "keep"),
        }  # fmt: skip
        side.lose_next_answer(steps[kind], done)
        answer = mail.apply(steps[kind])
        assert isinstance(answer, AnswerLost)
        assert answer.effect is not None
        found = mail.find(domain_id, "new") if kind == "create" else mail.find(domain_id, "anna", id_)
    is_done = {"disable": found is not None and not found.enabled, "create": found is not None, "delete": found is None}
    assert is_done[kind] is done


def test_a_wrong_password_is_not_let_in(side: Side, provider: Provider) -> None:
    with pytest.raises(NotLetIn), provider.connected(side.access, Secret("wrong")):
        pass


def test_what_makes_no_sense_is_said_without_the_server(side: Side, provider: Provider) -> None:
    provider.check(side.access)
    with pytest.raises(BadInput):
        provider.check(ServerAccess(url="gopher://mail.example", user="x", provider=side.access.provider))
    with pytest.raises(BadInput), provider.connected(side.access, Secret("")):
        pass


def test_a_server_that_goes_away_changes_nothing(side: Side) -> None:
    with session(side) as mail:
        id_ = id_of(mail, side, ANNA)
        side.stop()
        with pytest.raises(SourceAway):
            mail.read()
        with pytest.raises(SourceAway):
            mail.apply(Disable((id_,)))
    assert side.is_enabled(ANNA)


def test_a_reading_can_be_cancelled(side: Side) -> None:
    cancel = threading.Event()
    with session(side, cancel) as mail:
        cancel.set()
        with pytest.raises(Cancelled):
            mail.read()


def test_a_provider_that_is_not_installed_is_named() -> None:
    with pytest.raises(BadInput, match="provider-unknown"):
        provider_of(ServerAccess(url="x", user="x", provider="nothing"))


def test_preparing_imports_and_asks_no_one(provider: Provider) -> None:
    provider.prepare()
