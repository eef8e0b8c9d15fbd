"""sync against a real server: what it answers, and how it ends when it goes wrong."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from kconsole.cli.context import CliContext
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.store.file_engine.locking import StoreLock
from tests.cli.console import Console
from tests.cli.live.following import INTERVAL, Enough, follow, secretless
from tests.clocks import FixedClock
from tests.kerio_server.faults import html
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import KerioServer


def test_sync_answers_in_words_and_in_json(console: Console, mail: KerioServer) -> None:
    said = secretless(console.done("sync"), mail)
    assert (said.out, said.talk[0][:42]) == ("", "mail: 5 entries new, changed or gone. serv")
    assert "0 → 2 of 10 seats used" in said.talk
    mail.world.add_user("dora@north.example")
    answer = secretless(console.done("sync", "--json", "--reason", "it is time"), mail).json
    assert answer == {
        "schema": 1,
        "server": "mail",
        "synced_at": "2026-08-05T12:03:00Z",
        "changed": [{"address": "dora@north.example", "what": "is on the server"}],
        "settled": [],
        "unread": [],
        "uncounted": [],
        "partial": False,
        "counted": [],
        "notes": [],
        "license": [],
    }
    assert "it is time" in console.done("log", "--json").out


def test_what_a_role_may_not_read_is_named(tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer) -> None:
    mail.world.add_user("eye@north.example", role="Auditor", password=mail.password)
    mail.unknowns.refused_reads["Auditor"] = frozenset({"Server.getAboutInfo"})
    console = Console(tmp_path / "other", kerio_clock)
    console.done("init")
    console.done(
        "server", "add", "mail", "--url", mail.url, "--user", "eye@north.example", "--fingerprint", mail.fingerprint
    )
    assert "Not read: the number of users" in console.done("sync").err
    assert len(console.done("status", "--json").json["server"]["unread"]) == 1
    assert "1 figure not read" in console.done("status").out


def test_where_users_cannot_be_read_that_is_no_mixture_that_looks_whole(
    tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer
) -> None:
    mail.world.add_user("eye@north.example", role="Auditor", password=mail.password)
    mail.unknowns.refused_reads["Auditor"] = frozenset({"Users.get"})
    console = Console(tmp_path / "other", kerio_clock)
    console.done("init")
    console.done(
        "server", "add", "mail", "--url", mail.url, "--user", "eye@north.example", "--fingerprint", mail.fingerprint
    )
    said = console("sync")
    assert said.code == 1
    (line,) = (line for line in said.talk if line.startswith("Not read: the users"))
    assert line.startswith("Not read: the users of north.example, south.example: ")
    assert "It says: " in line
    assert "the users of north.example and south.example were not read" in console("status").out
    answer = console("sync", "--json").json
    assert answer["uncounted"] == ["north.example", "south.example"]
    assert console("status", "--json").json["server"]["uncounted"] == answer["uncounted"]
    reported = console("reconcile").out
    assert "the users of north.example, south.example were not read from the server" in reported
    mail.unknowns.refused_reads.clear()
    console.done("sync")
    assert console("status", "--json").json["server"]["uncounted"] == []


def test_a_refused_login_blames_no_password_that_may_be_right(console: Console, mail: KerioServer) -> None:
    mail.world.add_user("boss@north.example", role="FullAdmin", password=mail.password, enabled=False)
    mail.unknowns.login_failure = (-32000, "This account is locked.")
    console.done(
        "server", "add", "mail", "--url", mail.url, "--user", "boss@north.example", "--fingerprint", mail.fingerprint
    )
    said = console("sync")
    assert said.code == 8
    assert "This account is locked." in said.err
    assert "the account disabled, locked or expired" in said.err
    assert "is wrong" not in said.err


@pytest.fixture
def helper(tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer) -> Console:
    """A store that was never synced, and follows the server as the administrator of a domain with three of its seats.

    The other domain has sixteen more.
    """
    mail.world.add_user("helper@north.example", role="AccountAdmin", password=mail.password)
    for number in range(15):
        mail.world.add_user(f"user{number}@south.example")
    mail.world.add_user("dora@north.example")
    mail.world.set_license(users=20)
    console = Console(tmp_path / "other", kerio_clock)
    console.done("init")
    console.done(
        "server", "add", "mail", "--url", mail.url, "--user", "helper@north.example", "--fingerprint", mail.fingerprint
    )
    return console


def test_a_domain_admins_reading_has_the_servers_figure_and_says_that_it_is_partial(helper: Console) -> None:
    said = helper("sync")
    assert said.code == 1
    assert "! In part: the users of other domains were not read, only those of north.example" in said.err
    answer = helper("status", "--json").json
    seats = {name: answer["seats"][name] for name in ("used", "counted", "unlisted", "free", "state", "partial")}
    assert seats == {"used": 19, "counted": 3, "unlisted": 16, "free": 1, "state": "low", "partial": False}
    assert (answer["server"]["partial"], answer["server"]["counted"]) == (True, ["north.example"])
    shown = helper("status").out
    assert "19 of 20 seats used" in shown
    assert "the users of other domains were not read" in shown
    refused = helper("sync", "--json")
    assert (refused.code, refused.json["partial"], refused.json["counted"]) == (1, True, ["north.example"])
    server = helper("server", "--json").json["server"]
    assert (server["partial"], server["counted"], server["unlisted"]) == (True, ["north.example"], 16)
    causes = next(each["causes"] for each in helper("reconcile", "--json").json["figures"])
    assert causes == []
    (counted,) = (each for each in helper("reconcile", "--json").json["figures"] if each["figure"] == "counted")
    assert (counted["ours"], counted["theirs"], counted["causes"][0]["code"]) == (3, 19, "hidden")
    helper.done("add", "one@north.example")
    assert helper("add", "two@north.example").code == 4  # by the server's figure no seat is free
    helper.done("disable", "one@north.example")
    assert helper("status", "--json").json["seats"]["used"] == 19
    answer = helper.done("dump").json
    assert (answer["server"]["counted"], answer["server"]["unlisted"]) == (["north.example"], 16)
    assert read_dump(orjson.dumps(answer), "dump").server is not None


@pytest.mark.parametrize("how", ["refused", "of the domain alone"])
def test_where_the_server_does_not_count_the_rest_the_state_is_unknown(
    helper: Console, mail: KerioServer, how: str
) -> None:
    mail.unknowns.account_admin_counts = "own domain"
    if how == "refused":
        mail.unknowns.refused_reads["AccountAdmin"] = frozenset({"Server.getAboutInfo"})
    assert helper("sync").code == 1
    seats = helper("status", "--json").json["seats"]
    assert (seats["used"], seats["state"], seats["partial"]) == (3, "unknown", True)
    shown = helper("status").out
    assert "3 or more of 20 seats used" in shown
    assert "at most 17 free" in shown
    assert "OK" not in shown
    follow(helper, mail)  # an administrator who sees all
    helper.done("sync")
    seats = helper("status", "--json").json["seats"]
    assert (seats["used"], seats["state"], seats["partial"]) == (19, "low", False)
    mail.world.add_user("more@south.example")
    helper.done(
        "server", "add", "mail", "--url", mail.url, "--user", "helper@north.example", "--fingerprint", mail.fingerprint
    )
    mail.unknowns.account_admin_counts = "all"
    mail.unknowns.refused_reads.clear()
    assert helper("sync").code == 1
    seats = helper("status", "--json").json["seats"]
    assert (seats["used"], seats["counted"], seats["unlisted"]) == (20, 19, 1)
    assert "user0@south.example" in helper.done("accounts").out  # who is not shown is not gone


def test_a_license_that_is_another_is_reported(console: Console, mail: KerioServer) -> None:
    console.done("sync")
    mail.world.set_license(users=1)
    said = console.done("sync")
    assert "License: Seats: 10 → 1" in said.talk
    assert "! The license is exceeded by 1 seat." in said.talk
    mail.world.set_license(users=20)
    answer = console.done("sync", "--json")
    assert answer.json["license"] == [{"what": "Seats", "text": "1 → 20"}]
    assert not [line for line in answer.talk if "exceeded" in line]


def test_what_is_not_here_as_there_is_reported(console: Console, mail: KerioServer) -> None:
    mail.world.domain("north.example").directory = "WindowsActiveDirectory"
    said = console.done("sync")
    assert [line for line in said.talk if line.startswith("Note: north.example is mapped from")]


@pytest.mark.parametrize(
    ("happens", "code", "says"),
    [
        (lambda server, _: server.stop(), 8, "Cannot connect"),
        (lambda server, _: server.faults.add(html(), "Users.get", times=None), 8, "Nothing was taken"),
        (lambda _, patch: patch.setenv(SERVER_PASSWORD, "wrong one"), 8, "refused the login"),
        (lambda _, patch: patch.delenv(SERVER_PASSWORD), 2, "A password is needed"),
    ],
    ids=["away", "a page", "wrong password", "no password"],
)
def test_what_goes_wrong_takes_nothing_and_ends_so(
    console: Console,
    mail: KerioServer,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[KerioServer, pytest.MonkeyPatch], object],
    code: int,
    says: str,
) -> None:
    before = console.dump
    happens(mail, monkeypatch)
    said = secretless(console("sync"), mail)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert "wrong one" not in said.err
    assert console.dump == before


def test_read_only_asks_no_server(console: Console, mail: KerioServer) -> None:
    assert console("--read-only", "sync").code == 4
    assert not mail.calls


def test_watch_goes_on_when_the_server_is_away_and_takes_in_what_others_did(
    console: Console, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        kerio_clock.forward(seconds=seconds)
        if len(waited) == 1:
            mail.stop()
        elif len(waited) == 2:
            mail.start()
            mail.world.add_user("dora@north.example")
            console.done("add", "own@north.example")
        else:
            raise Enough

    console.place = CliContext(clock=kerio_clock, sleep=sleep)
    said = console("sync", "--watch", "5m")
    assert (said.code, waited) == (130, [INTERVAL] * 3)
    reported = [line for line in said.talk if "mail: " in line or "Cannot connect" in line]
    assert len(reported) == 3
    assert "Cannot connect" in reported[1]
    assert reported[2].startswith("mail: 1 entry new, changed or gone.")
    assert {account["login"] for account in console.accounts()} >= {"dora", "own"}


def test_watch_ends_when_the_store_follows_another_server(
    console: Console, mail: KerioServer, kerio_clock: FixedClock
) -> None:
    def sleep(_: float) -> None:
        console.done("server", "remove")
        console.done("server", "add", "other", "--url", mail.url, "--user", "eye", "--fingerprint", mail.fingerprint)
        mail.world.add_user("dora@north.example")

    console.place = CliContext(clock=kerio_clock, sleep=sleep)
    said = console("sync", "--watch", "5m")
    assert (said.code, said.out) == (4, "")
    assert "another server was configured for this store: other" in said.err
    assert "dora" not in {account["login"] for account in console.accounts()}


def test_watch_ends_when_it_is_not_let_in(
    console: Console, mail: KerioServer, kerio_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many servers lock out who tries again and again."""
    waited: list[float] = []
    console.place = CliContext(clock=kerio_clock, sleep=waited.append)
    monkeypatch.setenv(SERVER_PASSWORD, "wrong")
    said = console("sync", "--watch", "5m")
    assert (said.code, waited, mail.called("Session.login")) == (8, [], 1)


def test_watch_goes_on_when_someone_is_saving(console: Console, mail: KerioServer, kerio_clock: FixedClock) -> None:
    lock = StoreLock(console.folder / "lock")
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 1:
            lock.acquire(0, "berg")
            mail.world.add_user("dora@north.example")
        elif len(waited) == 2:
            lock.release()
        else:
            lock.close()
            raise Enough

    console.place = CliContext(clock=kerio_clock, sleep=sleep, patience=0)
    said = console("sync", "--watch", "5m")
    assert (said.code, waited) == (130, [INTERVAL] * 3)
    assert len([line for line in said.talk if "berg (process" in line and "Nothing was changed." in line]) == 1
    assert "dora" in {account["login"] for account in console.accounts()}


@pytest.mark.parametrize(
    "interval", ["", "5", "0m", "m", "-1m", "5 m", "1d", "five", "\u00b2m", "\u0665m", "99999999999h", "5m\n"]
)
def test_what_is_no_interval_is_refused(console: Console, mail: KerioServer, interval: str) -> None:
    assert console("sync", "--watch", interval).code == 2
    assert not mail.calls


def test_a_password_file_is_read_and_has_to_be_private(
    console: Console, mail: KerioServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SERVER_PASSWORD)
    file = tmp_path / "password"
    file.write_text(mail.password + "\n", encoding="utf-8")
    file.chmod(0o644)
    assert secretless(console("sync", "--password-file", str(file)), mail).code == 2
    file.chmod(0o600)
    console.done("sync", "--password-file", str(file))


def test_a_hostile_server_says_only_words(tmp_path: Path, kerio_clock: FixedClock, mail: KerioServer) -> None:
    world = made_up_world(400, 4, now=kerio_clock.now, hostile=True)
    world.admin_password = mail.world.admin_password
    console = Console(tmp_path / "other", kerio_clock)
    console.done("init")
    with KerioServer(tmp_path / "hostile", world) as server:
        follow(console, server)
        for arguments in (["sync"], ["sync", "--json"], ["status"], ["accounts"], ["log"], ["server"], ["reconcile"]):
            said = secretless(console(*arguments), server)
            assert said.is_harmless(), said
            assert said.code in (0, 1)
    assert len(console.accounts()) > 400
