"""Scenes: every screen and dialog of the console in its states, each with the steps that lead there.

The golden files hold their words, `screenshots/` their pictures; `test_scenes.py` compares both. Scenes of one
walk come one after the other, on one store and with one start of the console.
"""

import dataclasses
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from msgspec.structs import replace
from textual.widgets import Input

from kconsole.core.codes import message
from kconsole.core.errors import EncodingUnconfirmed, StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.core.roles import FULL, Authority
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.net.settings import Certificate
from kconsole.operations.contexts import Context
from kconsole.operations.license_files import read_license
from kconsole.operations.mapping import ConnectionTest
from kconsole.operations.samples import load_sample
from kconsole.providers.base import Progress
from kconsole.store.engine import Away, StorageAway
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.opening import OpeningScreen
from kconsole.tui.screens.waiting import WaitingDialog
from kconsole.tui.widgets.elapsed import Elapsed
from tests.clocks import noon
from tests.importers.license_writer import license_key
from tests.limits import PATIENCE
from tests.tui.activity import add_history, add_note, begin_grace, end_license, end_maintenance
from tests.tui.console import NARROW, WIDE, Console, console, until
from tests.tui.directories import ACTIVE, DOMAIN, name_directories, same_listing, show_preview
from tests.tui.fleets import fleet_console
from tests.tui.servers import ACCESS, find_differences, leave_open, show_open, show_refusal

Size = tuple[int, int]
TINY: Final = (50, 14)
LARGE: Final = (160, 45)
ALL: Final = (WIDE, NARROW, LARGE)

Step = str | Callable[[Console], Awaitable[object] | object]
"""A key that is pressed, or something that happens."""


class Scene(NamedTuple):
    """What is seen after some steps."""

    name: str
    shows: str
    """One sentence, for the page of the pictures."""
    steps: tuple[Step, ...] = ()
    """What leads there from the scene before it."""
    sizes: tuple[Size, ...] = (NARROW,)
    """The sizes of its pictures; the first has the plain name."""

    def picture(self, size: Size) -> str:
        return self.name if size == self.sizes[0] else f"{self.name}-{size[0]}x{size[1]}"


class Walk(NamedTuple):
    """Scenes one after the other."""

    of: str | Inventory
    """A sample, or the records at the beginning."""
    scenes: tuple[Scene, ...]
    read_only: bool = False
    look: Mapping[str, Any] = {}
    """The profile of the terminal, the theme, the password to the server."""
    patches: Mapping[str, object] = {}
    """What does something else than in the program, by its name."""
    role: Authority = FULL
    """What the operator may do at the start."""
    with_past: bool = False
    """Whether the log has the past of the sample."""
    is_fleet: bool = False
    """Whether it is about the stores of several contexts, in place of one."""
    has_words: bool = True
    """Whether its words are held too; not where they are those of another walk in other colours."""

    @property
    def name(self) -> str:
        return self.scenes[0].name


# Steps

_ended: Final = threading.Event()
"""Set when a walk ends, so that what never answers ends too."""


def _never_answers(*_: object, **__: object) -> None:
    _ended.wait(PATIENCE)


def _never_ends(*so_far: object) -> Callable[..., Any]:
    """Something that reports its progress, once, to the function that it is given."""

    def act(*arguments: Any) -> None:
        report = next(each for each in arguments if callable(each))
        while not _ended.wait(0.02):  # once the screen is gone, the report ends this
            report(*so_far)

    return act


async def _for_12_seconds(screen: Console) -> None:
    """Let something have taken 12 seconds; the clock of what has taken long stands still."""
    await until(screen, lambda: any(hasattr(each, "_since") for each in screen.app.screen.query(Elapsed)))
    elapsed = screen.app.screen.query_one(Elapsed)
    elapsed._since = -12.0
    elapsed.show_seconds()
    if not isinstance(screen.app.screen, WaitingDialog):
        screen.app.screen._show_progress()  # type: ignore[attr-defined]
    await screen.settled()


def happens(what: Callable[..., None]) -> Step:
    """Another person does something."""

    async def step(screen: Console) -> None:
        what(screen.session, screen.clock)
        await screen.tick()

    return step


def shows(what: Callable[..., None]) -> Step:
    return lambda screen: what(screen.app)


def waits_for(text: str) -> Step:
    """Wait for a text that a thread brings."""
    return lambda screen: until(screen, lambda: text in screen.text)


def to(address: str) -> Step:
    return lambda screen: screen.main.accounts.move_to(screen.listed.index(address))


def pastes(**values: str) -> Step:
    def step(screen: Console) -> None:
        for name, value in values.items():
            screen.app.screen.query_one(f"#{name.replace('_', '-')}", Input).value = value

    return step


async def _back(screen: Console) -> None:
    """Go back to the first row of the main screen, with nothing marked or filtered."""
    while screen.app.screen is not screen.main:
        await screen.press("escape")
    await screen.press("escape", "escape", "g")


def _becomes(**other: Any) -> Step:
    """The roles file gives the operator another role."""

    async def step(screen: Console) -> None:
        role = dataclasses.replace(screen.session.authority, **other)
        screen.session.store.authority = lambda: role
        await screen.tick()

    return step


def _loses_its_journal(screen: Console) -> None:
    def fail() -> list[Commit]:
        raise StoreUnusable("journal-missing", "restore-or-read-only", journal="journal.jsonl")

    screen.session.catch_up = fail  # type: ignore[method-assign]


def _cannot_save(screen: Console) -> None:
    def fail(*_: object) -> None:
        error = "No space left on device"
        hint = "check-space-and-permissions"
        raise StoreUnusable("unwritable", hint, effect="nothing-changed", file="journal.jsonl", error=error)

    screen.session.do = fail  # type: ignore[method-assign, assignment]


def _loses_its_database(screen: Console) -> None:
    address, error = "postgresql://db.example/kconsole", "connection timeout expired"
    away = StorageAway("database-away", "database-away-hint", database=address, error=error)
    now = screen.session.clock.now()

    def fail(*_: object) -> None:
        raise away

    screen.session.store._engine.away = Away(away.happened, now - timedelta(minutes=3))  # type: ignore[misc]
    screen.session.do = fail  # type: ignore[method-assign, assignment]


def _goes_offline(screen: Console) -> None:
    screen.session.offline = True
    screen.main.show_trouble()
    screen.main.show_keys()


def _server_never_answers(screen: Console) -> None:
    screen.main.workspace.do = _never_answers  # type: ignore[method-assign, assignment]


def _finds_unknown_encoding(path: Path, encoding: str | None = None) -> None:
    """Read a license file of which the encoding is not known, as if it had this path."""
    del encoding
    with TemporaryDirectory() as folder:
        file = Path(folder, "license.key")
        file.write_bytes(license_key().replace(b"Northwind Traders", "Růžena Dvořáková".encode("cp1250")))
        try:
            read_license(file)
        except EncodingUnconfirmed as error:
            raise EncodingUnconfirmed(str(path), error.encoding, error.details) from None


async def _opens(screen: Console) -> None:
    await screen.app.push_screen(OpeningScreen(_never_ends(2_000, 8_000), TITLE))


async def _compares_the_same(screen: Console) -> None:
    mapping = screen.app.screen
    assert isinstance(mapping, MappingScreen)
    mapping.compare(DOMAIN, ACTIVE, same_listing(screen.session))
    await screen.saved()


async def _all_read(screen: Console) -> None:
    fleet = screen.app._fleet
    assert fleet is not None
    await until(screen, lambda: fleet.fleet.is_complete)
    fleet._look()
    await screen.settled()


async def _is_open(screen: Console) -> None:
    await until(screen, lambda: screen.app._main is not None and screen.app.screen is screen.app._main)
    await screen.saved()


# Stores

IMPORTS: Final = Path(__file__).parents[2] / "data" / "imports"

TITLE: Final = "mail.northwind.example"

LABS, RETAIL = "labs.example", "retail.northwind.example"

_GONE: Final = message("roles-file-gone", file="/etc/kconsole/roles.toml")

EMPTY: Final = Inventory()

NO_ACCOUNTS: Final = Inventory(license=License(seats=20), domains=(Domain(name=DOMAIN, primary=True),))

AWAY: Final = replace(
    load_sample("small", noon().now()), server=Server(name="mail", access=replace(ACCESS, url="https://127.0.0.1:1"))
)
"""A store whose server refuses connections, as no program is there."""

_PASSWORD: Final = {"server_secret": Secret("not asked for")}

_TESTED: Final = ConnectionTest(
    verified_by="system",
    certificate=Certificate(":".join(["CD"] * 32), ("dc1.northwind.example",), datetime(2027, 3, 1, tzinfo=UTC)),
    server="Microsoft Active Directory",
    users=118,
)

# The scenes

WALKS: Final = (
    Walk(
        "office",
        (
            Scene("main", "The main screen: seats, domains, accounts by their last login.", ("j", "j"), ALL),
            Scene("details", "Everything about an account.", ("/", *"bob", "enter", "enter")),
            Scene("filter", "A filter while it is typed.", (_back, "/", *"scan")),
            Scene("no-match", "A filter that no account matches.", (_back, "/", *"zzz")),
            Scene("filter-invalid", "A filter that cannot be read lists nothing.", (_back, "/", *"is:seat is:x")),
            Scene("held", "Deleted accounts hold their seats until the server restarts.", (_back, "/", *"is:held")),
            Scene("never", "The accounts that never logged in, unfolded.", (_back, "n")),
            Scene(
                "marks",
                "What disabling the marked accounts would free.",
                ("n", *"jjjj", " ", " ", "j", " "),
                (WIDE, NARROW),
            ),
            Scene("text", "Addresses as plain text, to select or to save.", ("Y",)),
            Scene("quit", "Quitting asks where something would be lost.", ("escape", "q")),
            Scene("sort", "The order of the list.", (_back, "s")),
            Scene("columns", "The columns of the list.", (_back, "C")),
            Scene("help", "The keys and signs of a screen.", (_back, "?"), (WIDE, NARROW)),
            Scene("help-no-match", "No key is about what was typed.", (*"zzz",)),
            Scene("palette", "All commands, found by what they mean.", (_back, ":")),
            Scene("palette-no-match", "No command is about what was typed.", (*"zzz",)),
            Scene("saved-filters", "Filters that were saved.", (_back, "f")),
            Scene("export", "The list goes to a file.", (_back, "E")),
            Scene("report", "A report goes to a file.", (_back, "number_sign")),
            Scene("tags", "The tags of an account.", (_back, "j", "T")),
            Scene("keep", "An account is kept until a day.", (_back, "K"), (NARROW, WIDE)),
            Scene(
                "offboard",
                "The user of an account leaves: the plan.",
                (_back, "/", *"n.dahl", "enter", "O"),
                (WIDE, NARROW),
            ),
            Scene("offboard-to", "Others take over.", (*"l.navarro", "enter", *"l.navarro", "enter")),
            Scene("offboard-delete", "The account would be deleted for that.", ("enter", "enter")),
            Scene(
                "offboard-planned",
                "What waits for a day.",
                ("escape", "up", *"2027-01-31", "enter", *"left", "enter", "O"),
            ),
            Scene("decisions", "Reservations, keeps and protections.", (_back, "V", "j"), (WIDE, NARROW)),
            Scene("extend", "Seats are reserved for longer.", ("K",)),
            Scene("decision-end", "A reservation ends.", ("escape", "x")),
            Scene("protect", "Accounts that no policy touches.", ("escape", "W", *"svc-*")),
            Scene(
                "reserve",
                "Seats are reserved for those who are yet to come.",
                (
                    "escape",
                    "a",
                    pastes(subject="Berta Olsen", count="3", until="2026-10-01", reason="Starts in September"),
                ),
            ),
            Scene(
                "reserved",
                "Reserved seats are a part of their own in the gauge.",
                (*["enter"] * 6, _back),
                (WIDE, NARROW),
            ),
        ),
        with_past=True,
    ),
    Walk(
        "office",
        (
            Scene("add", "A new account takes a free seat.", ("a", *"new.colleague")),
            Scene(
                "add-refused", "An address that is taken.", ("home", *"2f-scanner", *["delete"] * 13, "enter", "enter")
            ),
            Scene("connect", "A login that the server would refuse, or take.", (_back, *"jjjjj", "c")),
            Scene("restarted", "A restart of the server frees the seats of deleted accounts.", (_back, "R")),
            Scene("confirm", "A question before accounts are disabled.", (_back, *"jjjjj", "d"), ALL),
            Scene("reason", "A reason for it.", ("i", *"left in June")),
            Scene("done", "What was done.", ("enter", "y")),
            Scene("undone", "It is undone.", ("u",)),
            Scene("nothing-to-undo", "There is nothing else to undo.", ("u",)),
            Scene("delete", "A question before an account is deleted.", (_back, *"jjjjjjjjjj", "x")),
            Scene("delete-many", "Deleting many asks for their number.", (_back, "n", "*", "x")),
            Scene("delete-wrong-number", "Another number deletes nothing.", ("1", "enter")),
            Scene("confirm-many", "Disabling many asks for their number, too.", ("escape", "d")),
        ),
    ),
    Walk(
        "crisis",
        (
            Scene("crisis", "Over the limit: who is locked out.", ("]", "]"), ALL),
            Scene("locked-out", "Why an account cannot log in.", ("enter",)),
            Scene(
                "no-seat",
                "No account can be added; a key leads to those who would free a seat.",
                (_back, "a"),
                (WIDE, NARROW),
            ),
            Scene(
                "refused",
                "A disabled account cannot be enabled, as no seat is free.",
                (_back, "/", *"is:disabled", "enter", "e"),
            ),
            Scene("import", "A file is imported.", (_back, "I")),
            Scene(
                "import-over",
                "What an import would change, which exceeds the license.",
                (pastes(path=str(IMPORTS / "users_labs.example_2026-03-02.csv")), "enter", waits_for("Preview")),
                (WIDE, NARROW),
            ),
            Scene("import-confirm", "A question before it is imported.", ("A",)),
            Scene(
                "import-faulty",
                "Faulty rows are named; nothing is imported while there are any.",
                (
                    _back,
                    "I",
                    pastes(path=str(IMPORTS / "users_labs.example_faulty_2026-03-02.csv")),
                    "enter",
                    waits_for("Preview"),
                    "A",
                ),
            ),
            Scene("license-overdue", "Something that was bought has not arrived.", (_back, "l"), ALL),
            Scene("arrived", "What changes when it arrives.", ("U",)),
            Scene("cancel-purchase", "A question before a purchase is cancelled.", ("escape", "X")),
            Scene("components", "Which accounts use the components.", ("escape", "o", "j")),
            Scene("component", "Seats and days of a component.", ("enter",)),
        ),
    ),
    Walk(
        "small",
        (
            Scene("small", "A small store."),
            Scene("license-trial", "A trial.", ("l",), (WIDE, NARROW)),
            Scene(
                "license-trial-expired", "A trial that is over.", (happens(lambda _, clock: clock.forward(days=20)),)
            ),
        ),
    ),
    Walk(
        "office",
        (
            Scene("license", "A license that is in order.", ("l",), (WIDE, NARROW)),
            Scene("register", "The customer of a license.", ("B",)),
            Scene("buy", "What was bought.", ("escape", "b")),
            Scene("terms", "Seats and days by hand.", ("escape", "D")),
            Scene("terms-wrong", "A number that is none.", (*"lots", "enter", "enter", "enter")),
            Scene(
                "license-over-limit",
                "Fewer seats than are in use.",
                ("escape", "D", "7", "0", "enter", "enter", "enter"),
            ),
            Scene("install", "A license file.", ("escape", "i", *"/mnt/license.key")),
            Scene("encoding", "A license file whose encoding is not known.", ("enter", waits_for("reads right"))),
            Scene("license-maintenance-expired", "Software Maintenance is over.", ("escape", happens(end_maintenance))),
            Scene("license-expired", "A license that is over.", (happens(end_license),), (WIDE, NARROW)),
            Scene("expired", "The main screen then: no one can log in.", (_back,)),
            Scene("license-grace", "An older license in its grace period.", (happens(begin_grace), "l")),
        ),
        patches={"kconsole.tui.screens.license_forms.read_regular": _finds_unknown_encoding},
    ),
    Walk(
        EMPTY,
        (
            Scene("empty", "A store with nothing in it."),
            Scene("license-not-recorded", "No license is recorded.", ("l",)),
            Scene("trial", "A question before the trial begins.", ("N",)),
            Scene("mapping-empty", "There is no domain.", (_back, "M")),
            Scene("reconcile-no-server", "No server is configured.", (_back, "=")),
            Scene("sync-no-server", "There is no server that can be read.", (_back, "r")),
            Scene("log-new", "The log of a new store.", (_back, "L")),
        ),
    ),
    Walk(
        "office",
        (
            Scene(
                "history",
                "Seats over time, and how likely it is that none is free.",
                ("H", waits_for("Known")),
                ALL,
            ),
            Scene("history-days", "Each day of them, below.", (*["ctrl+f"] * 2,)),
            Scene("history-year", "A year of it.", ("p", "g")),
            Scene("price", "What a seat costs.", ("escape", "l", "percent_sign", *"24.50", "enter", *"eur")),
            Scene(
                "renewal",
                "How many seats the next renewal needs.",
                ("enter", "dollar_sign", waits_for("The next renewal")),
                (WIDE, NARROW),
            ),
        ),
        with_past=True,
    ),
    Walk(
        "office",
        (
            Scene("reclaim", "The plan of a policy: who would be disabled, who stays and why.", ("P",), (WIDE, NARROW)),
            Scene("reclaim-why", "Why an account would be disabled.", ("enter",)),
            Scene("reclaim-left-out", "An account is left out, and kept from every plan.", ("escape", "j", "space")),
            Scene(
                "reclaim-reason",
                "Who stays for a reason.",
                ("escape", *["down"] * 13, "enter"),
                (NARROW, WIDE),
            ),
            Scene("reclaim-confirm", "The number of accounts is typed before the plan is applied.", ("g", "A")),
            Scene("reclaim-done", "What the plan did, and what another one would do.", (*"9", "enter"), (NARROW, WIDE)),
        ),
        with_past=True,
    ),
    Walk(
        "office",
        (
            Scene(
                "reclaim-old-data",
                "There is no plan where the data says too little.",
                (happens(lambda _, clock: clock.forward(days=3)), "P"),
            ),
        ),
    ),
    Walk(
        "small",
        (Scene("history-new", "A store without a past.", ("H", waits_for("Too little"))),),
        look={"profile": TerminalProfile(ascii_only=True)},
    ),
    Walk(NO_ACCOUNTS, (Scene("no-accounts", "A domain without accounts."),)),
    Walk(
        "office",
        (
            Scene("read-only", "A store that is open read-only.", ("d",)),
            Scene("mapping-read-only", "Domains that were never mapped.", ("M", "m")),
            Scene("license-read-only", "The license of a store that is open read-only.", (_back, "l", "D")),
            Scene("log-read-only", "The log of a store that is open read-only.", (_back, "L", "u")),
        ),
        read_only=True,
    ),
    Walk(EMPTY, (Scene("empty-read-only", "A store with nothing in it that is open read-only."),), read_only=True),
    Walk(
        "office",
        (
            Scene("live-note", "What another person just did.", ("j", happens(add_note)), (WIDE, NARROW)),
            Scene("log", "Who changed what.", (happens(add_history), "L", "j"), (WIDE, NARROW, LARGE)),
            Scene("log-line", "Everything about a line of the log.", ("j", "j", "enter")),
            Scene("undo", "A question before a line of the log is undone.", ("escape", "u")),
            Scene("log-filter", "A filter of the log.", (_back, "L", "/", *"ticket")),
            Scene("log-no-match", "A filter that no line matches.", (*"zzz",)),
            Scene("log-account", "The changes of one account.", (_back, "L", "h")),
        ),
    ),
    Walk(
        "office",
        (
            Scene(
                "mapping", "The domains and their directories.", (happens(name_directories), "M", "j"), (WIDE, NARROW)
            ),
            Scene(
                "directory-test",
                "A test of the connection to a directory.",
                ("p", waits_for("Password"), pastes(password="x"), "enter", waits_for("answers")),
            ),
            Scene("forget-directory", "A question before a directory is forgotten.", ("escape", "F")),
            Scene("directory", "The settings of a directory.", ("escape", "m")),
            Scene("no-directory", "A domain that has none.", ("escape", "j", "enter")),
            Scene("directory-password", "The password to a directory.", ("escape", "k", "enter")),
            Scene("directory-reading", "A directory is being read.", (pastes(password="x"), "enter", _for_12_seconds)),
            Scene("mapping-cancelled", "The reading is cancelled.", ("escape",)),
            Scene("mapping-nothing", "A directory that lists just the accounts there are.", (_compares_the_same,)),
            Scene(
                "mapping-over",
                "What mapping would do, which exceeds the license.",
                (_back, shows(show_preview)),
                (WIDE, NARROW),
            ),
            Scene("mapping-row", "A row of it.", ("j", "enter")),
            Scene("mapping-confirm", "A question before it is mapped.", ("escape", "A")),
        ),
        patches={
            "kconsole.operations.mapping.probe": lambda *_: _TESTED,
            "kconsole.operations.mapping.read_directory": _never_ends(60),
        },
    ),
    Walk(
        AWAY,
        (
            Scene("server-never-read", "A server that was never read."),
            Scene("reconcile-never-read", "There are no numbers of the server yet.", ("=",)),
            Scene("password", "The password to the server.", ("r",)),
            Scene("server-away", "The server does not answer.", (pastes(password="x"), "enter", waits_for("Failed"))),
            Scene("offline", "Started with --offline.", (_back, _goes_offline, "r")),
            Scene("offline-change", "A change that only the server can make.", ("escape", "j", "d", "y")),
        ),
    ),
    Walk(
        AWAY,
        (Scene("server-reading", "The server is being read.", ("r", _for_12_seconds)),),
        look=_PASSWORD,
        patches={"kconsole.operations.sync.access.read_server": _never_ends(Progress(1, 4, 114))},
    ),
    Walk(
        AWAY,
        (
            Scene(
                "server-asked",
                "The server is asked for a change.",
                (_server_never_answers, "j", "d", "y", _for_12_seconds),
            ),
            Scene("server-cancelling", "And that is cancelled.", ("escape",)),
        ),
        look=_PASSWORD,
    ),
    Walk(
        "office",
        (
            Scene("server-read", "The server was read.", (happens(find_differences),), (WIDE, NARROW)),
            Scene("reconcile", "Our count and the numbers of the server.", ("=", "]"), (WIDE, NARROW)),
            Scene("figure", "The likely causes of a difference.", ("enter",)),
            Scene("server-refused", "The server refuses a change.", (_back, shows(show_refusal))),
        ),
    ),
    Walk(
        "small",
        (
            Scene("database-away", "The database is away.", (_loses_its_database, "j", "d", "y")),
            Scene("database-away-noted", "What was read before is shown, with its age.", ("escape",)),
        ),
    ),
    Walk(
        "office",
        (
            Scene(
                "server-open",
                "A change whose answer was lost.",
                (happens(leave_open), shows(show_open)),
                (NARROW, WIDE),
            ),
            Scene("server-open-marked", "It is shown until the server is asked.", ("escape", "j"), (WIDE, NARROW)),
        ),
    ),
    Walk(
        "small",
        (
            Scene("cannot-save", "The disk is full.", (_cannot_save, "j", "d", "y")),
            Scene("damaged", "The journal is gone.", (_back, _loses_its_journal, happens(lambda *_: None))),
            Scene("damaged-noted", "It is shown until it is back.", ("escape",)),
            Scene("opening", "A large store is being opened.", (_opens, _for_12_seconds)),
        ),
    ),
    Walk(
        "office",
        (
            Scene("helpdesk", "A helpdesk operator of one domain.", (happens(add_history), "j", "j")),
            Scene("helpdesk-key", "A key of what the role may not do.", ("x",)),
            Scene("helpdesk-log", "The log names no accounts of other domains.", ("L", "j")),
            Scene("helpdesk-palette", "The palette has what the role may do.", (_back, ":")),
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
            Scene("auditor-license", "The license, which an auditor only reads.", (_back, "l", "B")),
            Scene("auditor-help", "The help has the keys that an auditor may use.", (_back, "?")),
        ),
        role=Authority("auditor", operator="anna"),
    ),
    Walk(
        "office",
        (
            Scene("manual", "The topics of the manual.", ("?", "enter"), (NARROW, WIDE)),
            Scene("manual-page", "A topic of the manual.", (*"jjjj", "enter")),
            Scene("manual-page-search", "Words found in it.", ("/", *"refused", "enter")),
            Scene("manual-search", "The topics that have some words.", ("escape", "escape", "/", *"restart", "enter")),
            Scene("manual-no-match", "No topic has the words.", ("/", *"zzz", "enter")),
        ),
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
    Walk(
        "office",
        (
            Scene("ascii", "Only ASCII.", ("j", "j")),
            Scene("ascii-confirm", "A question in ASCII.", (*"jjj", "d")),
        ),
        look={"profile": TerminalProfile(ascii_only=True)},
    ),
    Walk(
        "office",
        (
            Scene("main-tiny", "The main screen where there is little room.", (), (TINY,)),
            Scene("delete-many-tiny", "What deleting them means is in sight even there.", ("n", "*", "x"), (TINY,)),
        ),
        has_words=False,
    ),
    *(
        Walk(
            "office", (Scene(name, f"The theme {theme}.", ("j", "j"), (WIDE,)),), look={"theme": theme}, has_words=False
        )
        for name, theme in (("light", "kconsole-light"), ("contrast", "kconsole-contrast"), ("terminal", "terminal"))
    ),
    *(
        Walk("crisis", (Scene(name, what, ("j", " ")),), look=look, has_words=False)
        for name, what, look in (
            ("no-colours", "A terminal without colours.", {"profile": TerminalProfile(colours="none")}),
            (
                "vt100",
                "Neither colours nor more than ASCII.",
                {"profile": TerminalProfile(colours="none", ascii_only=True)},
            ),
            ("sixteen", "Sixteen colours.", {"profile": TerminalProfile(colours="16"), "theme": "terminal"}),
        )
    ),
)

SCENES: Final = tuple(scene for walk in WALKS for scene in walk.scenes)


async def walked(walk: Walk, size: Size) -> AsyncIterator[tuple[Scene, Console]]:
    """Go from scene to scene on a terminal of a size."""
    _ended.clear()
    at_once = {f"kconsole.tui.screens.main.{name}": 0.001 for name in ("LEISURE", "REST")}
    names = count(1)  # of sessions, which the log shows
    stopped = {
        "kconsole.tui.widgets.elapsed.monotonic": lambda: 0.0,
        "os.urandom": lambda size: next(names).to_bytes(size, "big"),
    }
    with ExitStack() as patches:
        for name, instead in {**at_once, **stopped, **walk.patches}.items():
            patches.enter_context(patch(name, instead))
        patches.callback(_ended.set)
        of = walk.of
        if isinstance(of, str) and not walk.with_past:  # made again, as the names of its sessions are shown
            of = load_sample(of, noon().now())
        on_store = console(
            of,
            size,
            TITLE,
            walk.read_only,
            folded=True,
            authority=lambda: walk.role,
            with_past=walk.with_past,
            **walk.look,
        )
        async with fleet_console(size, **walk.look) if walk.is_fleet else on_store as screen:
            for scene in walk.scenes:
                for step in scene.steps:
                    await _take(step, screen)
                await _finished(screen)
                yield scene, screen


async def _take(step: Step, screen: Console) -> None:
    if isinstance(step, str):
        await screen.press(step)
        return
    result = step(screen)
    if result is not None:
        await result  # type: ignore[misc]
    await screen.settled()


async def _finished(screen: Console) -> None:
    """Let what works in the background come to its end, apart from what never does."""
    endless = ("reading", "server", "default")
    await until(screen, lambda: all(each.is_finished or each.group in endless for each in screen.app.workers))
    await screen.settled()


_NO_SCROLL_BARS: Final = dict.fromkeys(map(ord, "▁▂▃▄▅▆▇"), " ")
"""The end of a scroll bar says how long a text is: no word."""


def words_of(screen: Console) -> str:
    """The words on the screen, or in the dialog that is open, as a reader sees them."""
    strips = screen.app.screen._compositor.render_strips()
    if screen.dialog is not None:
        box = screen.dialog.query_one(".dialog").region
        strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
    lines = (strip.text.translate(_NO_SCROLL_BARS).rstrip() for strip in strips)
    return "\n".join(lines).strip("\n")
