"""An operator who is bound to domains sees nothing of others on any screen or dialog, whatever keys are pressed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kconsole.core.codes import message
from kconsole.core.directory import Directory
from kconsole.core.license import Component, License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.roles import Authority
from kconsole.core.server import DomainNumbers, PendingChange, Server, ServerNumbers, Target
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.confinement import confine_files
from kconsole.operations.mapping import SetDirectory
from kconsole.operations.session import Session
from kconsole.text.messages import show_paths_within
from tests.clocks import noon
from tests.limits import EXHAUSTIVE
from tests.operations.sessions import NORTH, account, logged_in
from tests.tui.console import NARROW, Console, console
from tests.tui.servers import ACCESS

HIDDEN = "canary"
"""Stands in everything that must not be seen."""

FAR = Domain(name=f"{HIDDEN}.example", user_limit=4)

LARGE = (160, 45)

BOUND = Authority("account-admin", frozenset({NORTH.name}), operator="anna", account="anna@north.example")

SERVER = Server(
    name="mail",
    access=ACCESS,
    synced_at=noon().now(),
    uncounted=(FAR.name,),
    unread=(f"{HIDDEN} in old words",),
    notes=(f"{HIDDEN} in old words",),
    missing=(
        message("figure-missing", figure="users", domains=[FAR.name], reason="denied", said=HIDDEN),
        message("figure-missing", figure="current", domains=[], reason="denied", said=""),
    ),
    remarks=(
        message("addresses-doubled", addresses=[f"mara@{FAR.name}"]),
        message("mapped-there", domain=FAR.name, user=HIDDEN, kind="", host=HIDDEN, base=HIDDEN),
    ),
    numbers=ServerNumbers(
        licensed=20,
        current=9,
        active=1,
        created=12,
        domains=(
            DomainNumbers(name=NORTH.name, current=7, allowed=None),
            DomainNumbers(name=FAR.name, current=5, allowed=4),
        ),
    ),
)


def entries() -> tuple[Entry, ...]:
    far = [account(f"{login}@{FAR.name}", full_name=f"{HIDDEN} {login}") for login in ("mara", "marie", "nina", "old")]
    near = [account(login, last_login=logged_in(days)) for days, login in enumerate(("anna", "mara", "olga"))]
    return (*far, *near, account("nils", enabled=False), account(f"lars@{FAR.name}", enabled=False, tags=(HIDDEN,)))


def inventory(server: Server | None = None) -> Inventory:
    components = (Component(name="antivirus", seats=2), Component(name="activesync"))
    license_ = License(seats=20, components=components)
    return Inventory(license=license_, domains=(NORTH, FAR), entries=entries(), server=server)


def happened(folder: Path) -> None:
    """Changes in both domains, by the same operator too, each with a reason that others must not see."""
    for who in ("berg", "anna"):
        session = Session.open(folder, who, noon(), patience=0)
        do = session.commit
        do(DisableAccounts((f"mara@{FAR.name}",), f"{HIDDEN} left"))
        do(EnableAccounts((f"mara@{FAR.name}", "nils@north.example"), f"both, {HIDDEN} too"))
        do(DisableAccounts(("nils@north.example",), "left"))
        if who == "berg":
            do(DeleteAccounts((f"old@{FAR.name}",), reason=HIDDEN))
            if session.state.server is None:
                directory = Directory(url=f"ldaps://{HIDDEN}", base=f"dc={HIDDEN}", bind_as=HIDDEN)
                do(SetDirectory(FAR.name, directory))
        do(DisableAccounts((f"missing@{FAR.name}",), HIDDEN))
        session.close()


class Watched:
    """A console on which nothing that is hidden may ever be seen."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.screen.press(key)
            self.look(key)

    def look(self, after: object) -> None:
        for each in (self.screen.text, self.screen.app.clipboard):
            assert HIDDEN not in each.lower(), f"after {after}:\n{each}"

    async def back(self) -> None:
        while self.screen.app.screen is not self.screen.main:
            await self.press("escape")
        await self.press("escape", "escape", "g")


@asynccontextmanager
async def watched(server: Server | None = None, size: tuple[int, int] = LARGE) -> AsyncIterator[Watched]:
    async with console(inventory(server), size, "", prepare=happened, authority=lambda: BOUND) as screen:
        watched = Watched(screen)
        watched.look("the start")
        yield watched


MAIN: Sequence[Sequence[str]] = (
    ("enter", "j", "k"),
    ("?", *"can", "escape"),
    (":", *"can", "escape"),
    ("slash", *"can", "enter"),
    ("slash", *"is:held", "enter"),
    ("slash", *"domain:can", "enter"),
    ("]", "]", "]", "["),
    ("*", "d", "i", "up", "up", "up", "escape"),
    ("j", "x", "i", "up", "up", "down", "escape"),
    ("j", "d", "y", "u", "ctrl+r", "u", "u", "y"),
    ("e", "y"),
    ("a", *"lars", "enter", "enter"),
    ("c", "y"),
    ("T", *"can", "tab", "escape"),
    ("f", "escape"),
    ("s", "escape"),
    ("C", "escape"),
    ("*", "y", "Y", "C", "escape"),
    ("E", "escape"),
    ("n", "S", "tab", "j", "j", "tab"),
    ("R", "I", "r"),
)
"""Keys on the accounts."""

ELSEWHERE: Sequence[Sequence[str]] = (
    ("L", *("enter", "escape", "j") * 12),
    ("L", *("u", "escape", "j") * 12),
    ("L", "slash", *"can", "enter", "enter"),
    ("L", "h", "enter"),
    ("l", "o", "j", "k", "enter", "escape", "u"),
    ("M", "j", "j", "enter", "escape", "p", "escape", "m"),
    ("=", *("enter", "escape", "j") * 6, "r"),
)
"""Keys on the other screens."""


@pytest.mark.parametrize(
    "server", [None, SERVER] if EXHAUSTIVE else [SERVER], ids=lambda server: "server" if server else "alone"
)
@pytest.mark.parametrize("walks", [MAIN, ELSEWHERE], ids=["main", "elsewhere"])
@pytest.mark.thorough
async def test_no_keys_show_anything_of_other_domains(walks: Sequence[Sequence[str]], server: Server | None) -> None:
    async with watched(server) as console:
        for keys in walks:
            await console.press(*keys)
            await console.back()


async def test_figures_are_of_the_whole_license_and_say_so() -> None:
    async with watched(size=NARROW) as console:
        assert "whole license:" in console.screen.gauge
        assert "Accounts · your domains · 4 of 4 entries" in console.screen.title
        accounts = [each for each in console.screen.session.store.state.live_entries() if each.enabled]
        assert console.screen.used == len(accounts) + len(
            console.screen.session.store.state.deleted_at(f"old@{FAR.name}")
        )
        await console.press("l", "o")
        assert f"{len(accounts)} of 2 seats" in console.screen.text
        assert "accounts beyond its seats, in your domains:" in console.screen.text


@pytest.mark.parametrize(
    "what",
    [
        DisableAccounts((f"marie@{FAR.name}",), HIDDEN),
        DisableAccounts((f"marie@{FAR.name}", "mara@north.example"), HIDDEN),
        DeleteAccounts((f"marie@{FAR.name}",)),
    ],
)
@pytest.mark.parametrize("place", ["", "L", "l", "="])
async def test_what_others_do_meanwhile_is_seen_as_far_as_it_may_be(what: DisableAccounts, place: str) -> None:
    async with watched() as console:
        await console.press("space", *place)
        console.screen.other().do(what)
        await console.screen.tick()
        console.look(what)
        await console.press("L" if not place else "enter", "enter")


async def test_an_unconfirmed_change_of_others_is_not_seen() -> None:
    async with watched(SERVER) as console:
        other = console.screen.other()
        targets = tuple(Target(number=0, server_id="", address=f"mara@{name}") for name in (FAR.name, NORTH.name))
        pending = PendingChange(operation="disable", targets=targets, at=noon().now(), reason=HIDDEN)
        with other.store.transaction("ask server", "disable") as transaction:
            transaction.put_pending(pending)
        await console.screen.tick()
        console.look("the question")
        assert "1 change unconfirmed" in console.screen.text
        console.screen.main._tell_open()
        await console.screen.settled()
        console.look("what is unconfirmed")
        assert "mara@north.example" in console.screen.text


async def test_under_a_forced_command_files_are_read_and_written_in_two_folders_only(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    outside = tmp_path / "outside"
    confine_files(tmp_path)
    show_paths_within(tmp_path)
    try:
        async with console("office") as screen:
            for keys in (("*", "Y", "s"), ("E", "tab")):
                await screen.press(*keys)
                assert "exports/kconsole-accounts" in screen.text
                await screen.press("enter")
                await screen.saved()
                assert "saved in exports/kconsole-accounts" in screen.text
                assert str(tmp_path) not in screen.text
                if screen.app.screen is not screen.main:
                    await screen.press("s", *["backspace"] * 40, *str(outside), "enter")
                    await screen.saved()
                    assert "exports/" in screen.text
                    await screen.press("escape", "escape", "escape")
            assert {path.suffix for path in (tmp_path / "exports").iterdir()} == {".txt", ".csv"}
            await screen.press("I", *str(outside), "enter")
            assert "inbox/" in screen.text
            await screen.press("escape", "l", "i")
            assert "inbox/license.key" in screen.text
            await screen.press(*"inbox/none", "enter")
            await screen.saved()
            assert str(tmp_path) not in screen.text
            screen.app.action_suspend_process()  # else it would stop this test
        assert not outside.exists()
    finally:
        confine_files(None)
        show_paths_within(None)


@pytest.mark.parametrize("keys", [("E", "tab"), ("*", "Y", "s")])
async def test_files_hold_nothing_of_other_domains(keys: tuple[str, ...], tmp_path: Path) -> None:
    async with watched() as console:
        await console.press(*keys, "ctrl+u", *str(tmp_path / "list"), "enter")
        await console.screen.saved()
        content = (tmp_path / "list").read_text()
        assert "mara@north.example" in content
        assert HIDDEN not in content
