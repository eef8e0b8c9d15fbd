"""Everything that a server can do wrong, at every call of a sync: nothing is taken, or all but what is named."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from kconsole.core.errors import SourceAway
from kconsole.core.records import Inventory, Kind
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.operations.dumps import dump_of
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.providers.base import DomainState, Missing, ServerState, Timeouts
from kconsole.text.messages import error_words
from tests.cli.console import Console
from tests.clocks import FixedClock
from tests.kerio_server.faults import (
    Cut,
    Error,
    Expired,
    Fault,
    HalfBody,
    HalfJson,
    Held,
    Huge,
    Instead,
    ItemErrors,
    Slow,
    WrongLength,
    html,
    invalid_utf8,
    null,
    redirect,
    status,
    too_large,
)
from tests.kerio_server.readings import read_in_pages
from tests.kerio_server.server import KerioServer
from tests.limits import share, thorough_but

TIMEOUT: Final = 0.1
"""Seconds that a call may take where one is meant to be late. On a busy machine another one may be late as well."""

LISTINGS: Final = frozenset({"Domains.get", "Users.get", "MailingLists.get", "Resources.get", "Aliases.get"})
FIGURES: Final = frozenset(
    {
        "Domains.getUserCountInfo",
        "MailingLists.getMlUserList",
        "ProductRegistration.getFullStatus",
        "Server.getAboutInfo",
        "Server.getLicenseExtensionsList",
        "Server.getRemoteAdministration",
        "Users.getMailboxCount",
    }
)
OPTIONAL: Final = frozenset({"Server.getNamedConstantList", "Session.logout"})
"""What is better known, or done, and is not needed."""

LATE: Final = frozenset({"Users.getMailboxCount"})
"""What may take too long without anything else being worse for it."""

KINDS: Final[dict[str, Kind]] = {
    "users": "user",
    "mailing-lists": "mailing_list",
    "resources": "resource",
    "aliases": "alias",
}


def without(state: ServerState, missing: Missing) -> ServerState:
    """What was read, without a part."""
    if missing.figure == "moderators":
        entries = (entry for each in state.domains for entry in each.entries)
        lists = (entry.server_id for entry in entries if entry.kind == "mailing_list")
        return state._replace(silent={**state.silent, **dict.fromkeys(lists, frozenset({"moderators"}))})
    if missing.domain:
        domains = tuple(
            without_part(each, missing) if each.domain.name == missing.domain else each for each in state.domains
        )
        numbers = tuple(each.numbers for each in domains if each.numbers is not None)
        return state._replace(domains=domains, numbers=replace(state.numbers, domains=numbers))
    match missing.figure:
        case "user-count":
            return state._replace(numbers=replace(state.numbers, current=None))
        case "mailbox-counts":
            return state._replace(numbers=replace(state.numbers, active=None, created=None))
        case "built-in-admin":
            return state._replace(administrator=None)
        case "license":
            return state._replace(license=None, numbers=replace(state.numbers, licensed=None))
        case "extensions" if state.license is not None:
            return state._replace(license=state.license._replace(components=None))
        case "server-start":
            return state._replace(started=None, uptime=None)
        case "version":
            return state._replace(version="")
    return state


def without_part(domain: DomainState, missing: Missing) -> DomainState:
    if missing.figure == "user-count":
        return domain._replace(numbers=None)
    kind = KINDS[missing.figure]
    entries = tuple(entry for entry in domain.entries if entry.kind != kind)
    return domain._replace(entries=entries, complete=domain.complete - {kind})


@dataclass(frozen=True)
class Case:
    """Something that goes wrong, and what may come of it."""

    fault: Callable[[], Fault]
    says: str = ""
    """A pattern of the codes of the error, where nothing is taken."""
    part: frozenset[str] = frozenset()
    """Calls without whose answer the rest is taken, and the part is named."""
    whole: frozenset[str] = OPTIONAL
    """Calls for which it is no harm."""
    times: int | None = 1
    page: int = 2
    """Users and domains that are asked for at a time; a few, so that there is more than one page."""
    is_late: bool = False

    def end(self, method: str) -> str:
        """How a sync ends whose call of this method goes wrong."""
        return "whole" if method in self.whole else "part" if method in self.part else "nothing"

    def ends(self, method: str) -> set[str]:
        """How it may end: on a busy machine another call is late as well, and may be one that can be missing."""
        end = self.end(method)
        return {end, "nothing", *({"part"} if end == "whole" else ())} if self.is_late else {end}


HARMLESS: Final = LISTINGS | FIGURES | OPTIONAL | {
    "Server.getVersion", "Server.getServerTime", "Session.login", "Session.whoAmI"
}  # fmt: skip
LOGOUT: Final = frozenset({"Session.logout"})
NOT_LET_IN: Final = "login-failed"
DENIED: Final = f"login-may-not-read|{NOT_LET_IN}"
REFUSED: Final = f"server-refused|{NOT_LET_IN}"
STRANGE: Final = "not-kerio"
CUT: Final = "connection-cut"
PART: Final = (FIGURES | LISTINGS | {"Server.getVersion"}) - {"Domains.get"}
"""Calls without whose answer the rest can be taken."""
KNOWN: Final = OPTIONAL | {"Server.getServerTime"}
"""Calls whose answer is better known, or given by another call too, if it is refused."""
refused = partial(Case, says=REFUSED, part=PART, whole=KNOWN)
odd = partial(Case, part=PART | {"Server.getServerTime"}, whole=OPTIONAL)
cut = partial(Case, says=CUT, whole=HARMLESS)
"""A question is asked again on a new connection."""
broken = partial(Case, whole=LOGOUT)

CASES: Final[dict[str, Case]] = {
    "slow": Case(lambda: Slow(0.02), whole=HARMLESS),
    "too slow": broken(lambda: Slow(TIMEOUT * 2), "answer-late", part=LATE, is_late=True),
    "held": broken(Held, "answer-late", part=LATE, is_late=True),
    "cut": cut(Cut),
    "cut in the head": cut(lambda: Cut(30)),
    "cut in the body": cut(lambda: Cut(9, in_body=True)),
    "cut again and again": broken(Cut, CUT, times=None),
    "half a body": cut(HalfBody),
    "half a body again and again": broken(HalfBody, CUT, times=None),
    "half of JSON": odd(HalfJson, "strange-no-json"),
    "too long by its head": cut(lambda: WrongLength(50)),
    "too short by its head": odd(lambda: WrongLength(-5), "strange-no-json"),
    "an error 500": odd(lambda: status(500), "strange-http'.*500"),
    "too large": odd(too_large, "strange-http-413"),
    "a page": odd(html, "strange-web-page"),
    "led elsewhere": odd(
        lambda: redirect("https://elsewhere.example/"), "strange-redirect'.*https://elsewhere.example/"
    ),
    "no UTF-8": odd(invalid_utf8, STRANGE),
    "nothing": odd(lambda: Instead(b""), "strange-empty"),
    "null": odd(null, "strange-no-json"),
    "null for a result": odd(Fault, STRANGE),
    "an empty result": odd(lambda: Instead(b'{"jsonrpc":"2.0","result":{}}'), STRANGE),
    "another type": odd(lambda: Huge(10_000), STRANGE),
    "expired": Case(Expired, NOT_LET_IN, whole=HARMLESS - {"Session.login"}),
    "expired again and again": broken(Expired, f"session-ended-again|{NOT_LET_IN}", times=None),
    "wrong parameters": refused(Error, whole=KNOWN | LISTINGS, page=500),
    "no such method": refused(lambda: Error(-32601, "Method not found.")),
    "no rights": refused(lambda: Error(1004, "Access denied."), says=DENIED),
    "failed": refused(lambda: Error(1000, "Internal database error.")),
    "no time": Case(lambda: Error(-32002, "Timed out."), f"server-gave-up|{NOT_LET_IN}", part=LATE, whole=LOGOUT),
    "errors of items": Case(lambda: ItemErrors({"anna": (1000, "No.")}), whole=HARMLESS),
}


QUICK: Final = ("half a body again and again", "no rights")
"""One case in which nothing is taken, and one in which a part is."""


def access_of(server: KerioServer) -> Access:
    return Access(url=server.url, user=server.user, fingerprint=server.fingerprint)


def read(server: KerioServer, page: int = 500, timeout: float = 30) -> ServerState:
    return read_in_pages(access_of(server), server.password, page, timeouts=Timeouts(call=timeout))


def tried(server: KerioServer, case: Case) -> ServerState | SourceAway:
    """What is read where something goes wrong, or why nothing is."""
    try:
        return read(server, case.page, TIMEOUT if case.is_late else 30)
    except SourceAway as error:
        return error


@pytest.fixture
def mail(kerio_server: KerioServer) -> KerioServer:
    """A domain with something of everything."""
    world = kerio_server.world
    world.set_license(users=10, extensions=("ActiveSync",))
    world.add_domain("north.example", description="Head office")
    for login in ("anna", "berg", "carl"):
        world.add_user(f"{login}@north.example", login.title())
    world.add_list("team@north.example", "Everybody")
    world.add_resource("room@north.example")
    world.add_alias("info@north.example", "team@north.example")
    return kerio_server


@pytest.fixture
def folder(tmp_path: Path, mail: KerioServer, kerio_clock: FixedClock) -> Path:
    """A store that was synced before all sorts of things changed on the server."""
    with closing(Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)) as session:
        session.do(AddServer(Server(name="mail", access=access_of(mail))))
        session.do(Sync(read(mail), SyncStart(access_of(mail))))
    world = mail.world
    world.set_license(users=12, extensions=("Sophos",))
    world.change_user("anna@north.example", fullName="Anna B.", isEnabled=False)
    world.remove_user("berg@north.example")
    world.add_user("dora@north.example", "Dora")
    world.add_list("new@north.example")
    world.add_resource("beamer@north.example")
    world.add_alias("sales@north.example", "anna@north.example")
    world.add_domain("south.example", user_limit=3)
    world.add_user("emil@south.example", "王小明")
    world.restart()
    return tmp_path / "store"


class Stores:
    """A store as it was, and copies of it that something is taken into."""

    def __init__(self, folder: Path, server: KerioServer, clock: FixedClock) -> None:
        self._folder, self._server, self._clock = folder, server, clock
        self.before = self._dump(folder, None)
        self._taken: list[tuple[ServerState, bytes]] = []

    def after(self, snapshot: ServerState) -> bytes:
        """What a copy holds once it has taken this in. Most calls that go wrong leave the same to be taken."""
        for taken, held in self._taken:
            if taken == snapshot:
                return held
        copy = self._folder.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._folder, copy)
        self._taken.append((snapshot, self._dump(copy, snapshot)))
        return self._taken[-1][1]

    @property
    def now(self) -> bytes:
        """What the store itself holds."""
        return self._dump(self._folder, None)

    def _dump(self, folder: Path, snapshot: ServerState | None) -> bytes:
        with closing(Session.open(folder, "anna", self._clock, patience=0)) as session:
            if snapshot is not None:
                session.do(Sync(snapshot, SyncStart(access_of(self._server))))
            return dump_of(session)


def calls_of(server: KerioServer) -> Iterator[tuple[str, int]]:
    """Every call that a sync makes: of which method, and the how manieth of those."""
    counted: dict[str, int] = {}
    for call in list(server.calls):
        counted[call.method] = counted.get(call.method, 0) + 1
        yield call.method, counted[call.method]


@pytest.mark.parametrize("name", thorough_but(QUICK, CASES))
def test_whatever_goes_wrong_with_whichever_call_all_is_taken_or_a_part_is_named_or_nothing_is(
    folder: Path, mail: KerioServer, kerio_clock: FixedClock, name: str
) -> None:
    case = CASES[name]
    stores = Stores(folder, mail, kerio_clock)
    mail.forget_calls()
    clean = read(mail, case.page)
    calls = list(calls_of(mail))
    assert {method for method, _ in calls} == HARMLESS
    whole = stores.after(clean)
    assert whole != stores.before
    for method, number in share(calls, list(CASES).index(name), of=5):
        mail.faults.clear()
        fault = mail.faults.add(case.fault(), method, call=number, times=case.times)
        found = tried(mail, case)
        if isinstance(fault, Held):
            fault.release()
        mail.wait_until_left()  # what is still under way would take the fault of the next one
        if isinstance(found, SourceAway):
            end = "nothing"
            assert mail.url in error_words(found), (method, number)
            assert re.search(case.says, str(found)), (method, number)
            assert found.exit_code == 8
            assert found.hints
            assert mail.password not in f"{found} {found.hints} {found.details}"
        else:
            end = "part" if found.missing else "whole"
            expected = clean._replace(missing=found.missing)
            for missing in found.missing:
                expected = without(expected, missing)
            assert found == expected, (method, number)
            assert (stores.after(found) == whole) is (end == "whole"), (method, number)
        assert end in case.ends(method), (method, number)
        assert mail.faults.pending == 0 or case.times is None or case.is_late, (method, number)
    assert stores.now == stores.before


COMMAND_LINE: Final = [name for name, case in CASES.items() if not case.is_late and case.end("Users.get") == "nothing"]


@pytest.mark.parametrize("name", thorough_but(QUICK[:1], COMMAND_LINE))
def test_a_command_that_takes_nothing_ends_with_8_and_says_why(
    folder: Path, mail: KerioServer, kerio_clock: FixedClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    console, case = Console(folder, kerio_clock), CASES[name]
    monkeypatch.setenv(SERVER_PASSWORD, mail.password)
    before = console.dump
    mail.faults.add(case.fault(), "Users.get", times=case.times)
    said = console("sync", "--json")
    assert (said.code, said.out) == (8, "")
    assert mail.url in said.err
    assert mail.password not in said.err
    assert console.dump == before


def test_the_process_ends_so_too(folder: Path, mail: KerioServer, kerio_clock: FixedClock) -> None:
    mail.faults.add(HalfBody(), "Users.get", times=None)
    console = Console(folder, kerio_clock)
    before = console.dump
    said = console.forked("sync", **{SERVER_PASSWORD: mail.password})
    assert (said.code, said.out) == (8, "")
    assert mail.url in said.err
    assert console.dump == before
