"""Two consoles at one store, the server that it follows, outsiders who change that, faults, and crashes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kconsole.core.errors import ConsoleError
from kconsole.core.records import fold
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.offboarding import Offboard
from kconsole.operations.session import Session
from kconsole.operations.sync.access import ServerState, read_server
from kconsole.operations.sync.pull import Sync, SyncStart, begin_reading
from kconsole.providers.kerio.provider import KerioMailServer
from tests.kerio_server.faults import (
    Cut,
    Error,
    Expired,
    Fault,
    HalfBody,
    HalfJson,
    Instead,
    ItemErrors,
    Meanwhile,
    WrongLength,
    html,
    null,
    status,
)
from tests.operations.followed import ANNA, BERG, CHEN, DORA, OTTO, Followed
from tests.under_kerio import evaluate

PEOPLE: Final = (ANNA, BERG, CHEN, DORA, OTTO, "eve@north.example", "fred@south.example")

METHODS: Final = (
    "Users.set",
    "Users.create",
    "Users.remove",
    "Aliases.create",
    "Aliases.get",
    "Users.get",
    "Session.login",
    None,
)

FAULTS: Final[tuple[Callable[[], Fault], ...]] = (
    Cut,
    lambda: Cut(done=False),
    Expired,
    lambda: Expired(done=True),
    lambda: status(500),
    lambda: status(500, done=True),
    lambda: html(done=True),
    HalfBody,
    HalfJson,
    WrongLength,
    Error,
    lambda: Error(1000, "No."),
    lambda: Error(-32002, "Late.", done=True),
    null,
    lambda: Instead(b'{"id":null,"result":{}}', done=True),
    lambda: ItemErrors(dict.fromkeys(("anna", "berg", "dora"), (1004, "No."))),
)

KINDS: Final = ("disable", "enable", "add", "delete", "offboard")

DOMAIN_NAMES: Final = ("south.example", "s.example", "north.example")

people = st.sampled_from(PEOPLE)
consoles = st.integers(0, 1)


Aspect = Literal["presence", "address", "enabled"]


class Crash(BaseException):
    """A process dies."""


@dataclass(frozen=True)
class Reading:
    """What someone read of the server, and has not taken into the store yet."""

    begun: SyncStart
    snapshot: ServerState
    tick: int


class LiveMachine(RuleBasedStateMachine):
    """What kconsole wrote is the same in the store and on the server, or an intent is open."""

    at: Followed
    """The server, and the store that is copied for each run."""

    def __init__(self) -> None:
        super().__init__()
        session = self.at.reset()
        self.folder = session.store.folder
        self.sessions = [session, self.at.opened(self.folder, "berg")]
        self.readings: list[Reading | None] = [None, None]
        self.tick = 0
        self.outside: dict[tuple[str, Aspect], int] = {}
        """When an outsider changed something of an account, by the server's id, last; until a later reading is in."""
        self.strange: list[BaseException] = []
        """What went wrong in a thread of the server."""

    def teardown(self) -> None:
        """With the server well, one reading lets the store be as it is."""
        self.at.mail.faults.clear()
        if self.strange:
            raise self.strange[0]
        first, second = self.sessions
        self.at.read(first)
        assert not first.state.pending_changes
        assert self.here(first) == self.there()
        second.catch_up()
        assert second.state.inventory == first.state.inventory
        for session in self.sessions:
            session.close()

    # What is so

    def here(self, session: Session) -> dict[str, tuple[str, bool]]:
        return {
            entry.server_id: (entry.address, entry.enabled)
            for entry in session.state.live_entries()
            if entry.is_account
        }

    def there(self) -> dict[str, tuple[str, bool]]:
        return {id_: (address, enabled) for address, (id_, enabled) in self.at.there.items()}

    @invariant()
    def what_differs_is_open(self) -> None:
        session = self.sessions[0]
        session.catch_up()
        here, there = self.here(session), self.there()
        assert "" not in here
        ids = {target.server_id for pending in session.state.pending_changes.values() for target in pending.targets}
        addresses = self.asked_for(session)
        for id_ in here.keys() | there.keys():
            ours, theirs = here.get(id_), there.get(id_)
            if ours is not None and theirs is not None and self.is_in_domain_not_read(session, id_):
                ours = (f"{ours[0].rpartition('@')[0]}@{domain_of(theirs[0])}", ours[1])
            if any((id_, aspect) not in self.outside for aspect in differing(ours, theirs)):
                address = (theirs or here[id_])[0]
                assert id_ in ids or fold(address) in addresses, (address, ours, theirs)

    def asked_for(self, session: Session) -> set[str]:
        """The folded addresses of what is open; of who is to be added, in his domain by the name that it has there."""
        names = {domain.id: domain.name for domain in self.at.mail.world.domains.values()}
        return {
            fold(f"{target.address.rpartition('@')[0]}@{names.get(pending.domain_id, target.domain)}")
            for pending in session.state.pending_changes.values()
            for target in pending.targets
        }

    def is_in_domain_not_read(self, session: Session, id_: str) -> bool:
        """Whether an account is in a domain that has been given another name since it was read."""
        domain = self.at.mail.world.domains[self.at.mail.world.users[id_].row["domainId"]]
        known = next((known for known in session.state.inventory.domains if known.server_id == domain.id), None)
        return known is None or known.name != domain.name

    @invariant()
    def the_figures_follow(self) -> None:
        for session in self.sessions:
            session.catch_up()
            assert session.seats.report() == evaluate(session.state.inventory)
        assert self.sessions[0].state.inventory == self.sessions[1].state.inventory
        assert self.sessions[0].state.pending_changes == self.sessions[1].state.pending_changes

    # What consoles do

    def reopen(self, which: int) -> None:
        self.sessions[which].close()
        self.sessions[which] = self.at.opened(self.folder, ("anna", "berg")[which])

    def attempt(self, which: int, what: Callable[[Session], object]) -> None:
        """Do something; whatever is foreseen may come of it."""
        with suppress(ConsoleError):
            what(self.sessions[which])

    def write(self, which: int, operation: Operation) -> None:
        self.attempt(which, lambda session: self.at.do(session, operation))

    @rule(which=consoles, who=st.lists(people, min_size=1, max_size=3))
    def disable(self, which: int, who: list[str]) -> None:
        self.write(which, DisableAccounts(tuple(who)))

    @rule(which=consoles, who=st.lists(people, min_size=1, max_size=3))
    def enable(self, which: int, who: list[str]) -> None:
        self.write(which, EnableAccounts(tuple(who)))

    @rule(which=consoles, who=people)
    def add(self, which: int, who: str) -> None:
        self.write(which, AddAccount(who, "New person"))

    @rule(which=consoles, who=st.lists(people, min_size=1, max_size=2), heir=st.none() | people)
    def delete(self, which: int, who: list[str], heir: str | None) -> None:
        self.write(which, DeleteAccounts(tuple(who), "keep" if heir is None else "transfer", heir or ""))

    @rule(which=consoles, who=people, to=st.none() | people, alias_to=st.none() | people)
    def offboard(self, which: int, who: str, to: str | None, alias_to: str | None) -> None:
        self.write(which, Offboard(who, to or "", alias_to or ""))

    @rule(which=consoles)
    def undo(self, which: int) -> None:
        self.attempt(which, lambda session: session.undo(by=self.at.writer))

    @rule(which=consoles, back=st.integers(0, 6))
    def undo_or_redo_an_earlier_one(self, which: int, back: int) -> None:
        def undone(session: Session) -> None:
            session.catch_up()
            lines = [
                line.sequence for line in session.history.log(LogQuery(), newest_first=True) if line.operation != "init"
            ]
            session.undo(lines[min(back, len(lines) - 1)], by=self.at.writer)

        if len(list(self.sessions[which].history.log(LogQuery()))) > 3:  # the store was made, the server named and read
            self.attempt(which, undone)

    @rule(which=consoles)
    def recover(self, which: int) -> None:
        self.attempt(which, self.at.recover)

    @rule(which=consoles)
    def begin_reading(self, which: int) -> None:
        with suppress(ConsoleError):
            begun = begin_reading(self.sessions[which])
            tick = self.tick
            self.readings[which] = Reading(begun, read_server(begun.access, Secret(self.at.mail.password)), tick)

    @precondition(lambda self: any(self.readings))
    @rule(which=consoles)
    def take_reading(self, which: int) -> None:
        self.take(which)

    def take(self, which: int) -> None:
        reading, self.readings[which] = self.readings[which], None
        if reading is None:
            return
        session = self.sessions[which]
        session.catch_up()
        passed_over = reading.begun.touched() | {
            target.number
            for number, pending in session.state.pending_changes.items()
            if number not in reading.begun.orphans
            for target in pending.targets
        }
        entries = [entry for entry in session.state.inventory.entries if entry.id in passed_over]
        ids, addresses = {entry.server_id for entry in entries}, {fold(entry.address) for entry in entries}
        addresses |= self.asked_for(session)
        there = self.there()

        def taken(session: Session) -> None:
            session.do(Sync(reading.snapshot, begun=reading.begun))
            for (id_, aspect), tick in list(self.outside.items()):
                is_over = id_ in ids or fold(there.get(id_, ("",))[0]) in addresses
                if tick <= reading.tick and not is_over:
                    del self.outside[id_, aspect]

        self.attempt(which, taken)

    @rule(which=consoles)
    def sync(self, which: int) -> None:
        self.begin_reading(which)
        self.take(which)

    @rule(which=consoles)
    def start_again(self, which: int) -> None:
        self.readings[which] = None
        self.reopen(which)

    # What goes wrong

    @rule(make=st.sampled_from(FAULTS), method=st.sampled_from(METHODS), call=st.integers(1, 2))
    def something_will_go_wrong(self, make: Callable[[], Fault], method: str | None, call: int) -> None:
        self.at.mail.faults.add(make(), method, call=call)

    @rule()
    def nothing_will_go_wrong(self) -> None:
        self.at.mail.faults.clear()

    @rule(which=consoles, who=people, kind=st.sampled_from(KINDS), data=st.data())
    def die_in_the_middle(self, which: int, who: str, kind: str, data: st.DataObject) -> None:
        operations: dict[str, Operation] = {
            "disable": DisableAccounts((who,)), "enable": EnableAccounts((who,)), "add": AddAccount(who),
            "delete": DeleteAccounts((who,), "delete"), "offboard": Offboard(who, alias_to=OTTO),
        }  # fmt: skip
        when = data.draw(st.sampled_from(("before the call", "after the call", "while saving")))
        dying = (
            dying_while_saving(data.draw(st.integers(1, 3)), data.draw(st.sampled_from(("before", "half", "after"))))
            if when == "while saving"
            else dying_around_the_call(when)
        )
        self.readings[which] = None
        try:
            with dying:
                self.write(which, operations[kind])
        except Crash:
            self.sessions[which].store.abandon()
            self.sessions[which] = self.at.opened(self.folder, ("anna", "berg")[which])

    @rule(which=consoles, who=people, kind=st.sampled_from(KINDS), data=st.data())
    def others_act_while_the_server_is_asked(self, which: int, who: str, kind: str, data: st.DataObject) -> None:
        operations: dict[str, Operation] = {
            "disable": DisableAccounts((who,)), "enable": EnableAccounts((who,)), "add": AddAccount(who),
            "delete": DeleteAccounts((who,), "delete"), "offboard": Offboard(who, alias_to=OTTO),
        }  # fmt: skip
        other = 1 - which
        what = data.draw(st.sampled_from(("read", "take", "outside")))
        by = data.draw(people), data.draw(st.sampled_from(OUTSIDE))

        def act() -> None:
            try:
                if what == "read":
                    self.sync(other)
                elif what == "take":
                    self.take(other)
                else:
                    self.outsider(*by)
            except BaseException as error:  # it would be lost in a thread of the server
                self.strange.append(error)

        method = {"add": "Users.create", "delete": "Users.remove", "offboard": "Aliases.create"}.get(kind, "Users.set")
        self.at.mail.faults.clear()
        self.at.mail.faults.add(Meanwhile(act), method)
        self.write(which, operations[kind])
        self.at.mail.wait_until_left()
        self.at.mail.faults.clear()
        if self.strange:
            raise self.strange[0]

    # What others do to the server

    @rule(who=people, what=st.sampled_from(("disable", "enable", "delete", "rename", "add")))
    def outsider(self, who: str, what: str) -> None:
        world = self.at.mail.world
        user = world.find(who)
        self.tick += 1
        if what == "add" and user is None and domain_of(who) in {domain.name for domain in world.domains.values()}:
            self.outside[world.add_user(who, "From elsewhere").id, "presence"] = self.tick
        if what == "add" or user is None:
            return
        aspects: dict[str, Aspect] = {"delete": "presence", "rename": "address"}
        self.outside[user.id, aspects.get(what, "enabled")] = self.tick
        if what == "delete":
            world.take_out(user)
        elif what == "rename":
            login = next(f"new{number}" for number in range(100) if world.find(f"new{number}@{domain_of(who)}") is None)
            world.change_user(who, loginName=login)
        else:
            world.change_user(who, isEnabled=what == "enable")

    @rule(how=st.sampled_from(("one", "one", "chain", "swap")))
    def another_name_for_a_domain(self, how: str) -> None:
        """One domain gets a name that is free; or another one takes the name that it had; or two change names."""
        self.tick += 1
        world = self.at.mail.world
        first, second = sorted(world.domains.values(), key=lambda domain: domain.primary)
        names = first.name, second.name
        free = next(name for name in DOMAIN_NAMES if name not in names)
        world.rename_domain(first.name, free)
        if how != "one":
            world.rename_domain(second.name, names[0])
        if how == "swap":
            world.rename_domain(free, names[1])
        for domain in (first,) if how == "one" else (first, second):
            for user in world.users_of(domain.id):
                self.outside[user.id, "address"] = self.tick

    @rule()
    def the_server_is_restarted(self) -> None:
        self.at.mail.restart()

    @rule(seats=st.sampled_from((2, 4, 20, 20)))
    def another_license(self, seats: int) -> None:
        self.at.mail.world.set_license(users=seats)

    @rule(data=st.data())
    def it_is_another_server_in_what_no_one_knows(self, data: st.DataObject) -> None:
        unknowns = self.at.mail.unknowns
        name, values = data.draw(st.sampled_from(UNKNOWNS))
        setattr(unknowns, name, data.draw(st.sampled_from(values)))


OUTSIDE: Final = ("disable", "enable", "delete", "rename", "add")

UNKNOWNS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    ("create_fails", ("items", "call")),
    ("enable_over_license", ("allowed", "refused")),
    ("seats_freed", ("at once", "at restart")),
    ("never", ("zero", "empty", "missing", "absent")),
    ("unknown_fields", ("ignored", "refused")),
    ("most_users", (None, 2)),
    ("error_data", ("always", "with parameters")),
    ("enums", ("strings", "integers")),
    ("sessions_per_user", (None, 1)),
)


def differing(ours: tuple[str, bool] | None, theirs: tuple[str, bool] | None) -> Iterator[Aspect]:
    """In what an account here is not as there."""
    if ours is None or theirs is None:
        if ours != theirs:
            yield "presence"
        return
    if ours[0] != theirs[0]:
        yield "address"
    if ours[1] != theirs[1]:
        yield "enabled"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


@contextmanager
def dying_around_the_call(when: str) -> Iterator[None]:
    """Who asks the server dies before that, or when it has answered."""
    real = KerioMailServer.apply

    def die(*arguments: Any) -> Any:
        if when == "after the call":
            with suppress(ConsoleError):
                real(*arguments)
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KerioMailServer, "apply", die)
        yield


@contextmanager
def dying_while_saving(at: int, how: str) -> Iterator[None]:
    """Who writes dies at that line of the journal: before it, in the middle of it, or when it is on disk."""
    real_write, real_truncate = os.write, os.ftruncate
    calls: list[int] = []

    def write(descriptor: int, content: bytes) -> int:
        calls.append(descriptor)
        if len(calls) < at:
            return real_write(descriptor, content)
        if how != "before":
            real_write(descriptor, content if how == "after" else content[: len(content) // 2])
        raise Crash

    def truncate(descriptor: int, length: int) -> None:
        if len(calls) >= at:
            raise Crash  # the dead take nothing back
        real_truncate(descriptor, length)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        patch.setattr(os, "ftruncate", truncate)
        yield
