"""Directories and the mail server, and what goes wrong there and with the store."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.server import Server
from kconsole.net.secrets import Secret
from kconsole.net.settings import Certificate
from kconsole.operations.mapping import ConnectionTest
from kconsole.operations.samples import load_sample
from kconsole.providers.base import Progress
from kconsole.store.engine import Away, StorageAway
from kconsole.tui.screens.mapping import MappingScreen
from kconsole.tui.screens.opening import OpeningScreen
from tests.clocks import noon
from tests.tui.console import NARROW, WIDE, Console
from tests.tui.directories import ACTIVE, DOMAIN, name_directories, same_listing, show_preview
from tests.tui.scenes.walks import (
    TITLE,
    Scene,
    Walk,
    back,
    for_12_seconds,
    happens,
    never_answers,
    never_ends,
    pastes,
    shows,
    waits_for,
)
from tests.tui.servers import ACCESS, find_differences, leave_open, show_open, show_refusal


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
    screen.main.workspace.do = never_answers  # type: ignore[method-assign, assignment]


async def _opens(screen: Console) -> None:
    await screen.app.push_screen(OpeningScreen(never_ends(2_000, 8_000), TITLE))


async def _compares_the_same(screen: Console) -> None:
    mapping = screen.app.screen
    assert isinstance(mapping, MappingScreen)
    mapping.compare(DOMAIN, ACTIVE, same_listing(screen.session))
    await screen.saved()


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

WALKS: Final = (
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
            Scene("directory-reading", "A directory is being read.", (pastes(password="x"), "enter", for_12_seconds)),
            Scene("mapping-cancelled", "The reading is cancelled.", ("escape",)),
            Scene("mapping-nothing", "A directory that lists just the accounts there are.", (_compares_the_same,)),
            Scene(
                "mapping-over",
                "What mapping would do, which exceeds the license.",
                (back, shows(show_preview)),
                (WIDE, NARROW),
            ),
            Scene("mapping-row", "A row of it.", ("j", "enter")),
            Scene("mapping-confirm", "A question before it is mapped.", ("escape", "A")),
        ),
        patches={
            "kconsole.operations.mapping.probe": lambda *_: _TESTED,
            "kconsole.operations.mapping.read_directory": never_ends(60),
        },
    ),
    Walk(
        AWAY,
        (
            Scene("server-never-read", "A server that was never read."),
            Scene("reconcile-never-read", "There are no numbers of the server yet.", ("=",)),
            Scene("password", "The password to the server.", ("r",)),
            Scene("server-away", "The server does not answer.", (pastes(password="x"), "enter", waits_for("Failed"))),
            Scene("offline", "Started with --offline.", (back, _goes_offline, "r")),
            Scene("offline-change", "A change that only the server can make.", ("escape", "j", "d", "y")),
        ),
    ),
    Walk(
        AWAY,
        (Scene("server-reading", "The server is being read.", ("r", for_12_seconds)),),
        look=_PASSWORD,
        patches={"kconsole.operations.sync.access.read_server": never_ends(Progress(1, 4, 114))},
    ),
    Walk(
        AWAY,
        (
            Scene(
                "server-asked",
                "The server is asked for a change.",
                (_server_never_answers, "j", "d", "y", for_12_seconds),
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
            Scene("server-refused", "The server refuses a change.", (back, shows(show_refusal))),
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
            Scene("damaged", "The journal is gone.", (back, _loses_its_journal, happens(lambda *_: None))),
            Scene("damaged-noted", "It is shown until it is back.", ("escape",)),
            Scene("opening", "A large store is being opened.", (_opens, for_12_seconds)),
        ),
    ),
)
