"""New stores, stores that are only read, the roles of operators, and the stores of all contexts."""

import dataclasses
from typing import Any, Final

from kconsole.core.codes import message
from kconsole.core.roles import Authority
from kconsole.operations.contexts import Context
from kconsole.text.terminals import TerminalProfile
from tests.tui.activity import add_history
from tests.tui.console import NARROW, WIDE, Console, until
from tests.tui.scenes.walks import ALL, EMPTY, Scene, Step, Walk, back, happens


def _becomes(**other: Any) -> Step:
    """The roles file gives the operator another role."""

    async def step(screen: Console) -> None:
        role = dataclasses.replace(screen.session.authority, **other)
        screen.session.store.authority = lambda: role
        await screen.tick()

    return step


async def _all_read(screen: Console) -> None:
    fleet = screen.app._fleet
    assert fleet is not None
    reader = fleet.fleet

    def is_read() -> bool:  # on a busy machine, one that is slow does not answer at first
        return reader.is_complete and [n for n, row in reader.rows.items() if row.state == "no-answer"] == ["south"]

    await until(screen, is_read)
    fleet._look()
    await screen.settled()


async def _is_open(screen: Console) -> None:
    await until(screen, lambda: screen.app._main is not None and screen.app.screen is screen.app._main)
    await screen.saved()


LABS, RETAIL = "labs.example", "retail.northwind.example"

_GONE: Final = message("roles-file-gone", file="/etc/kconsole/roles.toml")


WALKS: Final = (
    Walk(
        EMPTY,
        (
            Scene("empty", "A store with nothing in it."),
            Scene("license-not-recorded", "No license is recorded.", ("l",)),
            Scene("trial", "A question before the trial begins.", ("N",)),
            Scene("mapping-empty", "There is no domain.", (back, "M")),
            Scene("reconcile-no-server", "No server is configured.", (back, "=")),
            Scene("sync-no-server", "There is no server that can be read.", (back, "r")),
            Scene("log-new", "The log of a new store.", (back, "L")),
        ),
    ),
    Walk(
        "office",
        (
            Scene("read-only", "A store that is open read-only.", ("d",)),
            Scene("mapping-read-only", "Domains that were never mapped.", ("M", "m")),
            Scene("license-read-only", "The license of a store that is open read-only.", (back, "l", "D")),
            Scene("log-read-only", "The log of a store that is open read-only.", (back, "L", "u")),
        ),
        read_only=True,
    ),
    Walk(EMPTY, (Scene("empty-read-only", "A store with nothing in it that is open read-only."),), read_only=True),
    Walk(
        "office",
        (
            Scene("helpdesk", "A helpdesk operator of one domain.", (happens(add_history), "j", "j")),
            Scene("helpdesk-key", "A key of what the role may not do.", ("x",)),
            Scene("helpdesk-log", "The log names no accounts of other domains.", ("L", "j")),
            Scene("helpdesk-palette", "The palette has what the role may do.", (back, ":")),
            Scene(
                "role-changed", "The role has changed: what was open is closed.", (_becomes(domains=frozenset({LABS})),)
            ),
            Scene(
                "roles-broken", "The roles file is broken: nothing can be changed.", ("escape", _becomes(refused=_GONE))
            ),
        ),
        role=Authority("helpdesk", frozenset({RETAIL}), operator="anna"),
    ),
    Walk(
        "office",
        (
            Scene("auditor", "An auditor, who only reads.", (happens(add_history), "j")),
            Scene("auditor-key", "A key of what an auditor may not do.", ("d",)),
            Scene("auditor-log", "The log, in which an auditor undoes nothing.", ("L", "j", "u")),
            Scene("auditor-license", "The license, which an auditor only reads.", (back, "l", "B")),
            Scene("auditor-help", "The help has the keys that an auditor may use.", (back, "?")),
        ),
        role=Authority("auditor", operator="anna"),
    ),
    Walk(
        EMPTY,
        (
            Scene("fleet", "The stores of all contexts, some of which are away.", (_all_read, "j"), ALL),
            Scene("fleet-unread", "Why one cannot be opened.", (*"jj", "enter")),
            Scene("fleet-filter", "Some of them.", ("escape", "/", *"critical")),
            Scene("fleet-no-match", "No store has these words.", (*"zzz",)),
            Scene("fleet-help", "The keys and signs there.", ("escape", "?")),
            Scene("fleet-opened", "One of them is open.", ("escape", "g", "enter", _is_open), (NARROW, WIDE)),
        ),
        is_fleet=True,
    ),
    Walk(
        EMPTY,
        (Scene("fleet-ascii", "The stores of all contexts in ASCII.", (_all_read,)),),
        look={"profile": TerminalProfile(ascii_only=True)},
        is_fleet=True,
    ),
    Walk(
        "office",
        (
            Scene("context", "The name of the context stands first.", ("j", "j"), (NARROW, WIDE)),
            Scene("context-delete", "A deletion wants its name.", (*"jjjjjjjj", "x", "y", *"mail"), (NARROW, WIDE)),
        ),
        look={"context": Context("mail1", "/srv/kconsole/mail1", "red", confirm_name=True)},
    ),
)
