"""Everything that a server can do wrong, at every call of a sync: nothing is taken, or all but what is named."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from kconsole.providers.kerio.snapshot import Unread

from kconsole.core.errors import SourceAway
from kconsole.core.records import Inventory
from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.dumps import dump_of
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD, ServerState, read_server
from kconsole.operations.sync.pull import Sync, SyncStart
from kconsole.operations.sync.servers import AddServer
from kconsole.text.messages import error_words, hint_words
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
from tests.kerio_server.server import KerioServer

TIMEOUT: Final = 0.1
"""Seconds that a call may take where one is meant to be late. On a busy machine another one may be late as well."""

LISTINGS: Final = frozenset({"Domains.get", "Users.get", "MailingLists.get", "Resources.get", "Aliases.get"})
FIGURES: Final = frozenset(
    {
        "Domains.getUserCountInfo",
        "ProductRegistration.getFullStatus",
        "Server.getAboutInfo",
        "Server.getLicenseExtensionsList",
        "Server.getRemoteAdministration",
        "Users.getMailboxCount",
    }
)
OPTIONAL: Final = frozenset({"Server.getNamedConstantList", "Session.logout"})
"""What is better known, or done, and is not needed."""

UNTOLD: Final = FIGURES - {"ProductRegistration.getFullStatus"} | {"Server.getServerTime"}
"""What may be missing in an answer."""

LATE: Final = frozenset({"Users.getMailboxCount"})
"""What may take too long without anything else being worse for it."""

CONTENTS: Final = {
    "the users": "users",
    "the mailing lists": "mailing_lists",
    "the resources": "resources",
    "the aliases": "aliases",
    "the number of users": "user_count",
}
WHOLE: Final = {
    "the number of users": "user_count",
    "the numbers of mailboxes": "mailboxes",
    "the built-in administrator": "administrator",
    "the license": "license",
    "the extensions": "extensions",
    "the start of the server": "started",
}
"""What a part is called that was not read, and where it stands in what was read: of a domain, and of the server."""


def without(snapshot: ServerState, unread: Unread) -> ServerState:
    """What was read, without a part."""
    nothing: dict[str, Any]
    if not unread.domain:
        nothing = {WHOLE[unread.figure]: None}
        return snapshot._replace(**nothing)
    nothing = {CONTENTS[unread.figure]: None}
    return snapshot._replace(
        domains=tuple(
            contents._replace(**nothing) if contents.domain.name == unread.domain else contents
            for contents in snapshot.domains
        )
    )


@dataclass(frozen=True)
class Case:
    """Something that goes wrong, and what may come of it."""

    fault: Callable[[], Fault]
    says: str = ""
    """What the message says where nothing is taken, as a pattern."""
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
NOT_LET_IN: Final = "did not let in Admin"
DENIED: Final = f"does not let Admin read what is needed|{NOT_LET_IN}"
REFUSED: Final = f"refused what has to be read: |{NOT_LET_IN}"
STRANGE: Final = "does not answer as a Kerio Connect server"
CUT: Final = "ended the connection in the middle"
refused = partial(Case, says=REFUSED, whole=OPTIONAL | {"Server.getServerTime"})
broken = partial(Case, whole=LOGOUT)

CASES: Final[dict[str, Case]] = {
    "slow": Case(lambda: Slow(0.02), whole=HARMLESS),
    "too slow": broken(lambda: Slow(TIMEOUT * 2), "did not answer", part=LATE, is_late=True),
    "held": broken(Held, "did not answer", part=LATE, is_late=True),
    "cut": broken(Cut, CUT),
    "cut in the head": broken(lambda: Cut(30), CUT),
    "cut in the body": broken(lambda: Cut(9, in_body=True), CUT),
    "half a body": broken(HalfBody, CUT),
    "half of JSON": broken(HalfJson, "breaks off in the middle"),
    "too long by its head": broken(lambda: WrongLength(50), CUT),
    "too short by its head": broken(lambda: WrongLength(-5), "breaks off in the middle"),
    "an error 500": broken(lambda: status(500), "HTTP 500"),
    "too large": broken(too_large, "HTTP 413"),
    "a page": broken(html, "is a web page"),
    "led elsewhere": broken(lambda: redirect("https://elsewhere.example/"), "leads to https://elsewhere.example/"),
    "no UTF-8": broken(invalid_utf8, STRANGE),
    "nothing": broken(lambda: Instead(b""), "is empty"),
    "null": broken(null, "is no JSON"),
    "null for a result": broken(Fault, STRANGE, part=UNTOLD, whole=OPTIONAL),
    "an empty result": broken(lambda: Instead(b'{"jsonrpc":"2.0","result":{}}'), STRANGE, part=UNTOLD, whole=OPTIONAL),
    "another type": broken(lambda: Huge(10_000), STRANGE),
    "expired": Case(Expired, NOT_LET_IN, whole=HARMLESS - {"Session.login"}),
    "expired again and again": broken(Expired, f"ended the session again|{NOT_LET_IN}", times=None),
    "wrong parameters": refused(Error, part=FIGURES, whole=OPTIONAL | LISTINGS | {"Server.getServerTime"}, page=500),
    "no such method": refused(lambda: Error(-32601, "Method not found."), part=FIGURES),
    "no rights": refused(lambda: Error(1004, "Access denied."), says=DENIED, part=FIGURES | LISTINGS - {"Domains.get"}),
    "failed": refused(lambda: Error(1000, "Internal database error."), part=FIGURES),
    "no time": Case(lambda: Error(-32002, "Timed out."), f"for lack of time|{NOT_LET_IN}", part=LATE, whole=LOGOUT),
    "errors of items": Case(lambda: ItemErrors({"anna": (1000, "No.")}), whole=HARMLESS),
}


def access_of(server: KerioServer) -> Access:
    return Access(url=server.url, user=server.user, fingerprint=server.fingerprint)


def read(server: KerioServer, page: int = 500, timeout: float = 30) -> ServerState:
    return read_server(access_of(server), Secret(server.password), call_timeout=timeout, page=page)


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

    def after(self, snapshot: ServerState) -> bytes:
        """What a copy holds once it has taken this in."""
        copy = self._folder.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._folder, copy)
        return self._dump(copy, snapshot)

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


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_whatever_goes_wrong_with_whichever_call_all_is_taken_or_a_part_is_named_or_nothing_is(
    folder: Path, mail: KerioServer, kerio_clock: FixedClock, case: Case
) -> None:
    stores = Stores(folder, mail, kerio_clock)
    mail.forget_calls()
    clean = read(mail, case.page)
    calls = list(calls_of(mail))
    assert {method for method, _ in calls} == HARMLESS
    whole = stores.after(clean)
    assert whole != stores.before
    for method, number in calls:
        mail.faults.clear()
        fault = mail.faults.add(case.fault(), method, call=number, times=case.times)
        found = tried(mail, case)
        if isinstance(fault, Held):
            fault.release()
        mail.wait_until_left()  # what is still under way would take the fault of the next one
        if isinstance(found, SourceAway):
            end = "nothing"
            assert error_words(found).startswith(mail.url), (method, number)
            assert re.search(case.says, found.message), (method, number)
            assert found.exit_code == 8
            assert hint_words(found)
            assert mail.password not in f"{found} {hint_words(found)} {found.details}"
        else:
            end = "part" if found.unread else "whole"
            expected = clean._replace(unread=found.unread)
            for unread in found.unread:
                assert unread.reason
                expected = without(expected, unread)
            assert found == expected, (method, number)
            assert (stores.after(found) == whole) is (end == "whole"), (method, number)
        assert end in case.ends(method), (method, number)
        assert mail.faults.pending == 0 or case.times is None or case.is_late, (method, number)
    assert stores.now == stores.before


COMMAND_LINE: Final = [name for name, case in CASES.items() if not case.is_late and case.end("Users.get") == "nothing"]


@pytest.mark.parametrize("name", COMMAND_LINE)
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
    assert re.search(case.says, said.err)
    assert mail.password not in said.err
    assert console.dump == before


def test_the_process_ends_so_too(folder: Path, mail: KerioServer, kerio_clock: FixedClock) -> None:
    mail.faults.add(HalfBody(), "Users.get")
    console = Console(folder, kerio_clock)
    before = console.dump
    said = console.process("sync", **{SERVER_PASSWORD: mail.password})
    assert (said.code, said.out) == (8, "")
    assert f"{mail.url} {CUT} of Users.get. Nothing was taken." in said.err
    assert console.dump == before
