"""Processes that die, or meet, while the live server is being asked: whoever comes next finds out what is so."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kconsole.operations.sync.access import SERVER_PASSWORD
from tests.cli.console import Console, Said
from tests.kerio_server.faults import Cut, Error, Held
from tests.kerio_server.server import KerioServer
from tests.limits import PATIENCE, thorough_but

ANNA, BERG, CHEN = "anna@north.example", "berg@north.example", "chen@north.example"

DEATHS = {
    "after the intent, before the call": """
from kconsole.providers.kerio.provider import KerioMailServer
KerioMailServer.apply = lambda *_: die()
""",
    "after the answer, before the journal": """
from kconsole.providers.kerio.provider import KerioMailServer
real = KerioMailServer.apply
KerioMailServer.apply = lambda *given: (real(*given), die())
""",
    "in the middle of the line that tells of it": """
real_write, lines = os.write, []
def write(descriptor, content):
    lines.append(descriptor)
    if len(lines) < 2:
        return real_write(descriptor, content)
    real_write(descriptor, content[: len(content) // 2])
    die()
os.write = write
""",
    "when that line is there": """
real_write, lines = os.write, []
def write(descriptor, content):
    lines.append(descriptor)
    real_write(descriptor, content)
    if len(lines) == 2:
        die()
    return len(content)
os.write = write
""",
}
"""What a process is asked to do to itself, and when."""

DIE = """
import os, signal
def die(): os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def console(tmp_path: Path, kerio_server: KerioServer, monkeypatch: pytest.MonkeyPatch) -> Console:
    world = kerio_server.world
    world.set_license(users=10)
    world.add_domain("north.example")
    for address in (ANNA, BERG, CHEN):
        world.add_user(address)
    monkeypatch.setenv(SERVER_PASSWORD, kerio_server.password)
    console = Console(tmp_path / "store")
    access = ["--url", kerio_server.url, "--user", kerio_server.user, "--fingerprint", kerio_server.fingerprint]
    console.done("init", "--seats", "10")
    console.done("server", "add", "mail", *access)
    console.done("sync")
    return console


def words_of(console: Console, *arguments: str) -> list[str]:
    return ["--store", str(console.folder), *arguments]


def killed(console: Console, death: str, *arguments: str) -> None:
    """Run a command that kills itself."""
    said = console.forked(*arguments, code=DIE + DEATHS[death])
    assert (said.code, said.out) == (-9, ""), said.err


@contextmanager
def running(console: Console, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside."""
    command = [sys.executable, "-m", "kconsole", *words_of(console, *arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=PATIENCE)
    return Said(process.returncode, out, err)


def assert_agreed(console: Console, server: KerioServer) -> None:
    """The store is as the server, and nothing is open."""
    here = {f"{entry['login']}@{entry['domain']}": entry["enabled"] for entry in console.accounts() if entry["domain"]}
    world = server.world
    assert here == {world.address(user): user.enabled for user in world.users.values()}
    assert console.done("status", "--json").json["server"]["open"] == []


METHODS = {
    "disable": ["disable", ANNA],
    "delete": ["delete", ANNA, "--yes"],
    "add": ["add", "dora@north.example"],
}


@pytest.mark.thorough
@pytest.mark.parametrize("operation", METHODS)
@pytest.mark.parametrize("death", thorough_but(("after the answer, before the journal",), DEATHS))
def test_who_comes_next_finds_out_what_came_of_it(
    console: Console, kerio_server: KerioServer, death: str, operation: str
) -> None:
    killed(console, death, *METHODS[operation])
    is_saved = death == "when that line is there"
    is_done = death != "after the intent, before the call"
    address = METHODS[operation][1]
    if is_saved:
        assert_agreed(console, kerio_server)
        return
    for look in (["status"], ["accounts"]):
        said = console.forked(*look)
        assert said.code == 0
        participle = {"disable": "disabled", "delete": "deleted", "add": "added"}[operation]
        assert f"Not confirmed: {address} {participle} on the server" in said.err
        assert "'kconsole sync'" in said.err
    assert console.forked("status", "--json").json["server"]["open"] == [address]
    assert "unconfirmed" in console.forked("doctor").out
    reported = f"Resolved: {address} was {'' if is_done else 'not '}{participle} on the server."
    copy = Console(console.folder.parent / "copy")
    subprocess.run(["cp", "-r", str(console.folder), str(copy.folder)], check=True)
    read = copy.forked("sync")
    assert (read.code, reported in read.talk) == (0, True), read.err
    assert_agreed(copy, kerio_server)
    written = console.forked("disable", CHEN)
    assert (written.code, written.talk[0]) == (0, reported), written.err
    assert_agreed(console, kerio_server)


@pytest.mark.thorough
@pytest.mark.parametrize("death", thorough_but(("after the answer, before the journal",), DEATHS))
def test_a_killed_plan_is_tried_again_and_ends_as_it_was_meant_to(
    console: Console, kerio_server: KerioServer, tmp_path: Path, death: str
) -> None:
    long_ago = {"dateTime": 1_600_000_000, "protocol": "IMAP"}
    for address in (ANNA, BERG, CHEN):
        kerio_server.world.change_user(address, lastLoginInfo=long_ago)
    console.done("sync")
    console.done("policy", "set", "idle", "brake_percent=100")
    file = str(tmp_path / "plan.json")
    assert console("reclaim", "plan", "--out", file).code == 5
    killed(console, death, "reclaim", "apply", file)
    again = console.forked("reclaim", "apply", file)
    assert again.code == (4 if death == "when that line is there" else 0), again.err
    assert_agreed(console, kerio_server)
    assert {each["address"] for each in console.accounts() if not each["enabled"]} == {ANNA, BERG, CHEN}


def test_who_is_killed_while_the_server_has_not_answered_lets_the_next_one_in(
    console: Console, kerio_server: KerioServer
) -> None:
    held = kerio_server.faults.add(Held(after_change=True), "Users.set")
    with running(console, "disable", ANNA) as first:
        assert held.reached.wait(PATIENCE)
        assert console("disable", BERG).code == 6
        first.kill()
        first.wait()
    held.release()
    said = console.forked("disable", BERG)
    assert (said.code, said.talk[0]) == (0, f"Resolved: {ANNA} was disabled on the server.")
    assert_agreed(console, kerio_server)


def test_two_at_the_same_time_wait_for_each_other(console: Console, kerio_server: KerioServer) -> None:
    held = kerio_server.faults.add(Held(), "Users.set")
    with running(console, "disable", ANNA) as first:
        assert held.reached.wait(PATIENCE)
        busy = console("disable", BERG)
        assert busy.code == 6
        assert "is changing the mail server" in busy.err
        with running(console, "--wait", "30", "disable", BERG) as second:
            held.release()
            assert said_by(first).code == 0
            assert said_by(second).code == 0
    assert kerio_server.called("Users.set") == 2
    assert_agreed(console, kerio_server)


def test_a_reading_goes_on_while_someone_asks_the_server(console: Console, kerio_server: KerioServer) -> None:
    held = kerio_server.faults.add(Held(after_change=True), "Users.set")
    with running(console, "disable", ANNA) as first:
        assert held.reached.wait(PATIENCE)
        console.done("sync")
        assert console.done("status", "--json").json["server"]["open"] == [ANNA]
        held.release()
        assert said_by(first).code == 0
    assert_agreed(console, kerio_server)
    assert console.forked("undo").code == 0
    assert kerio_server.world.user(ANNA).enabled
    assert_agreed(console, kerio_server)


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_ends_it_is_reported_that_no_one_knows(
    console: Console, kerio_server: KerioServer, by: signal.Signals, code: int
) -> None:
    held = kerio_server.faults.add(Held(after_change=True), "Users.set")
    with running(console, "disable", ANNA) as first:
        assert held.reached.wait(PATIENCE)
        first.send_signal(by)
        said = said_by(first)
    held.release()
    assert said.code == code
    assert f"Not confirmed: {ANNA} disabled on the server" in said.err
    assert "Traceback" not in said.err
    console.done("sync")
    assert_agreed(console, kerio_server)


def test_the_log_says_refused_of_what_was_refused_and_nothing_of_what_no_one_knows(
    console: Console, kerio_server: KerioServer
) -> None:
    kerio_server.faults.add(Error(1003, "No license."), "Users.create")
    assert console("add", "dora@north.example").code == 4
    assert [line["refused"] for line in console.done("log", "--json").json[-2:]] == [
        [],
        ["dora@north.example: the server refused: the license allows no more users. It says: No license"],
    ]
    assert "add refused" in console.done("log").out.splitlines()[-1]
    kerio_server.faults.add(Cut(done=True), "Users.set")
    assert console("disable", ANNA).code == 8
    last = console.done("log", "--json").json[-1]
    assert (last["deed"], last["refused"], last["accounts"]) == ("ask server", [], [ANNA])
    assert "refused" not in console.done("log").out.splitlines()[-1]
    console.done("sync")
    assert_agreed(console, kerio_server)


def test_what_only_the_server_has_is_sent_there(console: Console) -> None:
    said = console("add", "dora@west.example")
    assert said.code == 3
    assert "in the server's administration" in said.err
    said = console("map", "north.example")
    assert said.code == 4
    assert "'map' would change the store only" in said.err


def test_a_server_that_is_gone_for_ever_can_be_given_up_with_what_is_open(
    console: Console, kerio_server: KerioServer
) -> None:
    kerio_server.faults.add(Cut(), "Users.set")
    said = console("disable", ANNA)
    assert said.code == 8
    kerio_server.stop()
    refused = console("server", "remove")
    assert refused.code == 4
    assert ANNA in refused.err
    assert "--forget-open" in refused.err
    given_up = console.done("server", "remove", "--forget-open", "--reason", "burnt down")
    assert f"{ANNA}: is given up: it is not known whether it was disabled on mail" in given_up.talk
    assert console("server").code == 3
    assert console.done("status").err == ""
    last = console.done("log", "--json").json[-1]
    assert (last["reason"], last["accounts"]) == ("burnt down", [ANNA])
    console.done("disable", ANNA)
