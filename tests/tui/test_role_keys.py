"""Whatever keys are pressed, by whichever role, changes nothing that the role may not change, while roles change."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from random import Random

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from kconsole.core.history import Change, Commit
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.core.roles import ROLES, Authority, Capability
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.confinement import confine_files
from kconsole.operations.session import Session
from kconsole.tui.screens.console import ConsoleScreen
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.operations.sessions import NORTH, SOUTH, account, logged_in
from tests.tui.console import Console, character_of, console

KEYS = 2 * EXAMPLES
"""Keys that are pressed for each role. KCONSOLE_EXAMPLES=5000 presses 10,000."""

LABS = Domain(name="labs.example")

OWN = "anna@north.example"

TINY = (60, 16)

ROLE_NAMES = tuple(ROLES)

IN_DIALOGS = (*"yyyyyyyyyyniC12ab ", "enter", "enter", "enter", "tab", "escape", "up", "down", "left", "right")
"""Keys in dialogs, some more often."""

CHANGING = (*"dddeeexaTcuuRI", "ctrl+r")
"""Keys that ask for changes of accounts."""


def authority_of(role: str, random: Random) -> Authority:
    domains = (
        frozenset() if role == "full-admin" else frozenset(random.sample([NORTH.name, SOUTH.name], random.randrange(3)))
    )
    return Authority(role, domains, OWN, "anna")  # type: ignore[arg-type]


def inventory() -> Inventory:
    logins = ("anna", "berg", "chen", "dora", "emil", "mara@south.example", "nils@south.example", "olga@labs.example")
    entries = [account(login, last_login=logged_in(days)) for days, login in enumerate(logins)]
    admin = account("root", role="full_admin")
    off = [account("otto", enabled=False), account("paul@south.example", enabled=False)]
    return Inventory(license=License(seats=30), domains=(NORTH, SOUTH, LABS), entries=(*entries, admin, *off))


def needed(change: Change) -> AbstractSet[Capability]:
    """The capabilities of which each allows this change of a record, besides those of an undo."""
    if change.table != "entries":
        by_table: dict[str, AbstractSet[Capability]] = {
            "license": {"license"}, "domains": {"map", "server"}, "connection": {"server"}, "server": {"server"},
            "keeps": {"keep"}, "protections": {"protect"}, "reservations": {"reserve", "add", "enable"},
            "policies": {"policies"}, "marks": {"reclaim", "disable"}, "offboardings": {"offboard"},
        }  # fmt: skip
        return by_table[change.table]
    before, after = (None if each is None or each.deleted_at else each for each in (change.before, change.after))
    if before is None or after is None:
        return {"add"} if before is None else {"delete"}
    if before.enabled != after.enabled:
        return {"enable"} if after.enabled else {"disable"}
    return {"tag"} if before.tags != after.tags else {"record-logins"}


class Judge:
    """Looks at each change of the records, and what the role allows at that moment."""

    def __init__(self, session: Session) -> None:
        self.session, self.changes = session, 0
        self.wrong: list[object] = []
        session.store.listen(self.look)

    def look(self, commit: Commit) -> None:
        self.changes += len(commit.changes)
        try:
            self.check(commit)
        except AssertionError as error:
            self.wrong.append((self.session.authority, commit, error))

    def check(self, commit: Commit) -> None:
        authority = self.session.authority
        for change in commit.changes:
            undoing: set[Capability] = set() if commit.undoes is None else {"undo", "undo-others"}
            assert any(authority.may(each) for each in needed(change) | undoing)
            assert authority.refused is None
            if change.table == "entries":
                before, after = change.before, change.after
                assert all(authority.sees(each.domain) for each in (before, after) if each is not None)
                if before is not None and (after is None or after.deleted_at or before.enabled > after.enabled):
                    assert before.address != OWN
                    assert authority.role == "full-admin" or before.role == "user"


def keys_for(screen: Console, random: Random) -> Iterator[str]:
    """The next keys: in a dialog one that may answer it, else those of any command, allowed or not."""
    top = screen.app.screen
    if not isinstance(top, ConsoleScreen):
        yield random.choice(IN_DIALOGS)
    elif top is screen.main and random.random() < 0.8:
        for _ in range(random.choice((1, 1, 2, 10))):
            yield random.choice(("j", "k", "j", "space", "G"))
            yield random.choice(CHANGING)
    elif top is screen.main or random.random() < 0.7:
        commands = [each for each in top.commands if each.name not in ("quit", "theme", "redraw")]
        yield random.choice(random.choice(commands).keys.split(","))
    else:
        yield "escape"


async def press_at_once(screen: Console, keys: list[str]) -> None:
    """Press keys faster than they are answered: a dialog that one of them opens must not take the others for a yes."""
    driver = screen.app._driver
    assert driver is not None
    for key in keys[:-1]:
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        event = Key(name, character_of(name))
        event.set_sender(screen.app)
        driver.send_message(event)
    await screen.press(keys[-1])


async def press_many(screen: Console, roles: "Roles", random: Random, number: int) -> None:
    while number > 0:
        keys = list(keys_for(screen, random))
        number -= len(keys)
        await press_at_once(screen, keys)
        if random.random() < 0.05:
            roles.change(random)
            if random.random() < 0.5:
                await screen.tick()
        if random.random() < 0.01:
            screen.clock.forward(hours=2)


class Roles:
    """The role that is tested, and now and then another one or none."""

    def __init__(self, role: str, random: Random) -> None:
        self.role = role
        self.now = authority_of(role, random)

    def __call__(self) -> Authority:
        return self.now

    def change(self, random: Random) -> None:
        role = self.role if random.random() < 0.7 else random.choice(ROLE_NAMES)
        self.now = authority_of(role, random)


@pytest.mark.thorough
@pytest.mark.parametrize("role", ROLE_NAMES)
async def test_no_keys_reach_a_change_that_the_role_lacks(role: str, tmp_path: Path) -> None:
    seed = Random().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it where this fails
    random = Random(seed)
    roles = Roles(role, random)

    def prepare(folder: Path) -> None:
        session = Session.open(folder, "berg", noon(), patience=0)
        session.do(DisableAccounts(("chen@north.example",)))
        session.close()

    confine_files(tmp_path)
    try:
        async with console(inventory(), TINY, prepare=prepare, authority=roles) as screen:
            screen.app.exit = lambda *_, **__: None  # type: ignore[method-assign]
            judge = Judge(screen.session)
            await press_many(screen, roles, random, KEYS)
            print(f"{judge.changes} changes")  # noqa: T201
            assert judge.wrong == []
            assert judge.changes or KEYS < 1_000
    finally:
        confine_files(None)
    assert {path.name for path in tmp_path.iterdir()} <= {"exports"}
