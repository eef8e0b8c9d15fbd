"""The server made faulty from outside its process: by options, and by lines of its input."""

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import orjson
import pytest

from tests.kerio_server.client import Client
from tests.kerio_server.fixtures import need_openssl
from tests.kerio_server.named_faults import FAULTS
from tests.kerio_server.named_unknowns import Wrong, set_unknown
from tests.kerio_server.server import KerioServer
from tests.kerio_server.unknowns import Unknowns
from tests.limits import PATIENCE

ROOT: Final = Path(__file__).parents[2]
ALONE: Final = (sys.executable, "-m", "tests.kerio_server")
SMALL: Final = ("--accounts", "0", "--domains", "1", "--seats", "1000", "--port", "0")
DOMAIN: Final = "northwind.example"
SOON: Final = 0.3
"""Seconds after which no answer is taken for none."""

_number = count()


@dataclass(slots=True)
class Running:
    """The server's process, and what it reported when it began."""

    process: "subprocess.Popen[str]"
    lines: list[str]

    @property
    def reported(self) -> dict[str, str]:
        return dict(line.split(maxsplit=1) for line in self.lines[1:-1])

    def say(self, line: str) -> str:
        """Give it a line; returns the line that it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def stranger(self) -> Client:
        """A client that is not logged in."""
        reached = SimpleNamespace(
            ca_file=self.reported["certificate"],
            port=int(self.reported["url"].rpartition(":")[2]),
            user=self.reported["users"].partition(" (")[0],
            password=self.reported["password"],
        )
        return Client(cast("KerioServer", reached))

    def client(self) -> Client:
        """A client that is logged in."""
        return self.stranger().log_in()

    def people(self) -> dict[str, dict[str, Any]]:
        """Its users, by login, as someone who has just logged in sees them."""
        with self.client() as client:
            (domain,) = client.call("Domains.get", query={})["list"]
            rows = client.call("Users.get", query={}, domainId=domain["id"])["list"]
        return {row["loginName"]: row for row in rows}

    def two_more(self) -> list[str]:
        """The ids of two new users."""
        logins = [f"user{next(_number)}" for _ in range(2)]
        for login in logins:
            assert self.say(f"user {login}@{DOMAIN} add").startswith(f"user {login}@{DOMAIN} add")
        people = self.people()
        return [people[login]["id"] for login in logins]

    def disabled(self, ids: list[str]) -> list[bool]:
        """Which of them are disabled."""
        by_id = {row["id"]: row for row in self.people().values()}
        return [not by_id[each]["isEnabled"] for each in ids]


def started(process: "subprocess.Popen[str]") -> Running:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line == "ready\n":
            break
    return Running(process, lines)


@contextmanager
def begun(folder: Path, words: Sequence[str] = (), stdin: int = subprocess.PIPE) -> Iterator["subprocess.Popen[str]"]:
    """The process, which does not outlive the test, however that ends."""
    need_openssl()
    with subprocess.Popen(
        [*ALONE, *SMALL, "--folder", str(folder), *words],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that all tests of this module may talk to."""
    with begun(tmp_path_factory.mktemp("switches"), ["--until-input-ends"]) as process:
        yield started(process)


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test made faulty is right for the next."""
    yield
    if "running" in request.fixturenames:
        assert request.getfixturevalue("running").say("clear") == "cleared"


def outcome(client: Client, ids: list[str], seconds: float = 30.0) -> str:
    """What someone sees who disables users."""
    call = {"method": "Users.set", "params": {"userIds": ids, "pattern": {"isEnabled": False}}}
    assert client.connection.sock is not None
    client.connection.sock.settimeout(seconds)
    try:
        response = client.post(orjson.dumps(call))
        body = response.read()
    except TimeoutError:
        return "no answer"
    except (http.client.HTTPException, OSError):
        return "cut"
    if response.status != 200:
        return f"HTTP {response.status} {response.headers.get('Location', '')}".rstrip()
    if body.startswith(b"<html>"):
        return "page"
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "no JSON"
    if not isinstance(answer, dict):
        return "no object"
    if "error" in answer:
        return f"error {answer['error']['code']}"
    if not isinstance(answer["result"], dict):
        return f"{len(body) >> 20} MiB"
    return "items " + " ".join(f"{each['inputIndex']}:{each['code']}" for each in answer["result"]["errors"])


NEITHER, BOTH, FIRST, SECOND = [False, False], [True, True], [True, False], [False, True]

OUTCOMES: Final[dict[str, tuple[str, list[bool] | None]]] = {
    "slow": ("no answer", None),
    "too-slow": ("no answer", None),
    "held": ("no answer", None),
    "held-after-done": ("no answer", None),
    "cut": ("cut", NEITHER),
    "cut-after-done": ("cut", BOTH),
    "cut-in-head": ("no JSON", BOTH),
    "cut-in-body": ("cut", BOTH),
    "half-body": ("cut", BOTH),
    "half-json": ("no JSON", BOTH),
    "length-too-large": ("cut", BOTH),
    "length-too-small": ("no JSON", BOTH),
    "expired": ("error -32001", NEITHER),
    "expired-after-done": ("error -32001", BOTH),
    "status-500": ("HTTP 500", NEITHER),
    "status-500-after-done": ("HTTP 500", BOTH),
    "status-503": ("HTTP 503", NEITHER),
    "too-large": ("HTTP 413", NEITHER),
    "redirect": ("HTTP 302 https://elsewhere.example/", NEITHER),
    "html": ("page", NEITHER),
    "html-after-done": ("page", BOTH),
    "invalid-utf8": ("no JSON", NEITHER),
    "null": ("no object", NEITHER),
    "huge": ("64 MiB", NEITHER),
    "invalid-params": ("error -32602", NEITHER),
    "no-method": ("error -32601", NEITHER),
    "failed": ("error 1000", NEITHER),
    "not-found": ("error 1002", NEITHER),
    "no-license": ("error 1003", NEITHER),
    "no-rights": ("error 1004", NEITHER),
    "item-error": ("items 0:1000", SECOND),
    "item-errors": ("items 0:1000 1:1000", NEITHER),
    "churn": ("items ", BOTH),
    "half": ("items ", FIRST),
    "half-failed": ("error 1000", FIRST),
    "item-no-license": ("items 0:1003", SECOND),
    "item-no-rights": ("items 0:1004", SECOND),
}
"""By fault: what is seen of it, and which of two users are disabled then; None where that comes later."""


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_comes_at_the_next_call_and_does_what_it_says(running: Running, name: str) -> None:
    seen, disabled = OUTCOMES[name]
    ids = running.two_more()
    with running.client() as client:
        assert running.say(f"fault Users.set {name}") == f"fault Users.set {name} 1: {FAULTS[name].reported}"

        assert outcome(client, ids, SOON if seen == "no answer" else 30.0) == seen

    if disabled is not None:
        assert running.disabled(ids) == disabled
    with running.client() as client:
        assert outcome(client, ids) == "items ", "only the next call"


def test_all_faults_are_listed_with_what_they_do() -> None:
    lines = subprocess.run([*ALONE, "--list-faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "TEST SERVER" in lines.splitlines()[0]
    assert [line.split(maxsplit=1) for line in lines.splitlines()[1:]] == [
        [name, reported] for name, (_, reported) in FAULTS.items()
    ]
    assert set(OUTCOMES) == set(FAULTS)


@pytest.mark.parametrize(("how", "reported"), [("release", "released"), ("clear", "cleared")])
@pytest.mark.parametrize("name", ["held", "held-after-done"])
def test_a_held_call_goes_on_when_it_is_released(running: Running, name: str, how: str, reported: str) -> None:
    ids = running.two_more()
    seen: list[str] = []
    with running.client() as client:
        running.say(f"fault Users.set {name} always")
        asking = threading.Thread(target=lambda: seen.append(outcome(client, ids)))
        asking.start()
        while name == "held-after-done" and running.disabled(ids) != BOTH:
            assert asking.is_alive()
        assert not seen

        assert running.say(how) == reported
        asking.join(30)

        assert seen == ["items "]
        assert outcome(client, ids) == "items ", "no more is held"
        running.say("fault Users.set failed")
        assert outcome(client, ids) == "error 1000", "and what is held no more is in the way of nothing"


def test_so_many_calls_meet_it_or_all_until_it_is_cleared(running: Running) -> None:
    with running.client() as client:
        running.say("fault any failed 2")
        assert [client.ask(method).keys() >= {"error"} for method in ("Server.getVersion",) * 3] == [True, True, False]

        running.say("fault Server.getVersion failed always")
        assert all("error" in client.ask("Server.getVersion") for _ in range(3))
        assert client.call("Users.getMailboxCount")
        assert running.say("clear") == "cleared"
        assert client.call("Server.getVersion")


def test_what_is_unknown_is_chosen_while_it_runs(running: Running) -> None:
    assert running.say("unknown never=absent") == "unknown never=absent"
    assert "lastLoginInfo" not in running.people()["auditor"]

    assert running.say("unknown never = zero") == "unknown never=zero"
    assert running.people()["auditor"]["lastLoginInfo"]["dateTime"] == 0


def test_calls_are_counted(running: Running) -> None:
    def counted() -> dict[str, int]:
        pairs = running.say("calls").removeprefix("calls ").split(", ")
        return {name: int(number) for name, _, number in (pair.rpartition(" ") for pair in pairs if pair != "none")}

    with running.client() as client:
        before = counted()
        client.call("Server.getVersion")
        client.call("Server.getVersion")
        client.ask("\x1b[31m")
        after = counted()

    assert {name: number - before.get(name, 0) for name, number in after.items() if number != before.get(name)} == {
        "Server.getVersion": 2,
        "(no method)": 1,
    }


def test_users_change_as_someone_else_changes_them(running: Running) -> None:
    address = f"o'brien@{DOMAIN}"
    assert "o'brien" not in running.people()

    seats = int(running.say(f"user {address} add").split()[3])
    assert running.people()["o'brien"]["isEnabled"]
    assert running.say(f"user {address} disable") == f"user {address} disable: {seats - 1} seats used"
    assert not running.people()["o'brien"]["isEnabled"]
    assert running.say(f"user {address} enable") == f"user {address} enable: {seats} seats used"
    assert running.people()["o'brien"]["isEnabled"]
    assert running.say(f"user {address} remove") == f"user {address} remove: {seats - 1} seats used"
    assert "o'brien" not in running.people()


def test_a_restart_ends_sessions_and_is_the_new_start(running: Running) -> None:
    with running.client() as client:
        answer = running.say("restart")
        client.connection.close()
        assert client.fails("Server.getVersion")[0] == -32001
        at = datetime.fromisoformat(answer.removeprefix("restarted "))

        assert client.log_in().call("Server.getServerTime")["info"]["startTime"] == int(at.timestamp())


@pytest.mark.parametrize(
    "line",
    [
        *("Users.set cut", "fault", "fault Users.set", "fault Users.set cutt", "fault Users.sett cut", "fault cut"),
        *("fault Users.set cut 0", "fault Users.set cut -1", "fault Users.set cut x", "fault Users.set cut 1 1"),
        *("fault Users.set cut 1" + "0" * 5000, "fault users.set cut", "FAULT Users.set cut"),
        *("unknown", "unknown never", "unknown =", "unknown nevr=zero", "unknown never=sometimes", "unknown never="),
        *("unknown most_users=-1", "unknown unlimited=9999999999999999999999", "unknown session_idle=soon"),
        *("unknown __class__=1", "unknown license_message=\x1b[31m", "unknown refused_reads=Auditor:No.method"),
        *(
            "user",
            f"user x@{DOMAIN}",
            f"user x@{DOMAIN} kill",
            f"user missing@{DOMAIN} disable",
            "user x@no.example add",
        ),
        *(f"user auditor@{DOMAIN} add", f"user @{DOMAIN} add", "user auditor disable", f"user x\x07@{DOMAIN} add"),
        *("clear all", "restart now", "quit", "\udcff\udcfe", "\x1b[31m", "calls\x00"),
    ],
)
def test_a_wrong_line_is_reported_and_changes_nothing(running: Running, line: str) -> None:
    before = running.people()

    answer = running.say(line)

    assert answer.startswith("wrong: ")
    assert answer.endswith("; nothing was changed")
    assert answer.isprintable()
    assert running.people() == before
    with running.client() as client:
        assert outcome(client, []) == "items "


def test_help_tells_every_command(running: Running) -> None:
    lines = [running.say("help")]
    assert running.process.stdout is not None
    while not lines[-1].startswith("help "):
        lines.append(running.process.stdout.readline())
    words = {word.strip(",") for line in lines for word in line[:24].split() if word.strip(",").islower()}

    assert words == {"fault", "release", "clear", "unknown", "faults", "unknowns", "calls", "user", "restart", "help"}


def test_options_do_the_same_and_are_reported_at_the_beginning(tmp_path: Path) -> None:
    words = ["--fault", "Users.set cut", "--fault", "any failed 2", "--unknown", "never=absent"]
    words += ["--unknown", "license_message=No seat is free."]
    with begun(tmp_path, [*words, "--until-input-ends"]) as process:
        running = started(process)
        with running.stranger() as stranger:
            for _ in range(2):
                assert stranger.fails("Session.login", userName="Admin", password="x", application={})[0] == 1000
        ids = running.two_more()
        with running.client() as client:
            assert outcome(client, ids) == "cut"
        assert "lastLoginInfo" not in running.people()["auditor"]

    assert "TEST SERVER, not Kerio Connect" in running.lines[0]
    assert running.lines[-5:-1] == [
        "unknown      never=absent",
        "unknown      license_message=No seat is free.",
        f"fault        Users.set cut 1: {FAULTS['cut'].reported}",
        f"fault        any failed 2: {FAULTS['failed'].reported}",
    ]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["--fault", "Users.set cutt"], "--fault: 'cutt' is no fault"),
        (["--fault", "Users.sett cut"], "--fault: 'Users.sett' is no method"),
        (["--unknown", "never=sometimes"], "--unknown: never is zero | empty | missing | absent, not 'sometimes'"),
        (["--unknown", "never"], "--unknown: NAME=VALUE"),
        (["--unknown", "license_message=\x1b[31m"], "--unknown: license_message is a text, not '\\x1b[31m'"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, words: list[str], reported: str) -> None:
    need_openssl()
    command = [*ALONE, *SMALL, "--folder", str(tmp_path), *words]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert reported in ran.stderr


def closed(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE])
def test_it_goes_on_without_input(tmp_path: Path, stdin: int) -> None:
    with begun(tmp_path, stdin=stdin) as process:
        running = started(process)
        if stdin == subprocess.PIPE:
            closed(process)

        assert running.people()
        assert running.people(), "it is still there"
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_it_goes_on_where_there_never_was_an_input(tmp_path: Path) -> None:
    need_openssl()
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *ALONE, *SMALL, "--folder", str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert started(process).people()
        process.terminate()
        _, complaints = process.communicate(timeout=PATIENCE)

    assert (process.returncode, complaints) == (0, "")


def test_it_ends_with_its_input_where_that_was_said(tmp_path: Path) -> None:
    with begun(tmp_path, ["--until-input-ends"]) as process:
        running = started(process)
        assert running.say("calls") == "calls none"
        closed(process)

        assert process.wait(PATIENCE) == 0


VALUES: Final[dict[str, tuple[tuple[str, object], ...]]] = {
    "login_failure": (("1000 Not you, sir.", (1000, "Not you, sir.")),),
    "token_in": (("header", "header"), ("body", "body"), ("either", "either")),
    "default_limit": (("25", 25), ("-1", -1)),
    "most_users": (("500", 500), ("off", None)),
    "totals": (("missing", "missing"), ("of the page", "of the page"), ("negative", "negative"), ("stated", "stated")),
    "pages": (("start ignored", "start ignored"), ("limit ignored", "limit ignored"), ("work", "work")),
    "unknown_fields": (("refused", "refused"), ("ignored", "ignored")),
    "hidden_members": (("role,homeServer", frozenset({"role", "homeServer"})), ("off", None)),
    "by_last_login": (("works", "works"), ("refused", "refused")),
    "never": (("empty", "empty"), ("missing", "missing"), ("absent", "absent"), ("zero", "zero")),
    "updating_protocols": (("IMAP,POP3", frozenset({"IMAP", "POP3"})), ("", frozenset()), ("off", None)),
    "create_fails": (("call", "call"), ("items", "items")),
    "license_message": (("a = b", "a = b"),),
    "enable_over_license": (("allowed", "allowed"), ("refused", "refused")),
    "allowed_users": (("remaining", "remaining"), ("most", "most")),
    "unlimited": (("4294967295", 4294967295), ("-1", -1)),
    "active_after_restart": (("kept", "kept"), ("none", "none")),
    "active_when_disabled": (("yes", True), ("no", False)),
    "seats_freed": (("at restart", "at restart"), ("at once", "at once")),
    "account_admin_counts": (("all", "all"), ("own domain", "own domain")),
    "account_admin_sees": (("all", "all"), ("own domain", "own domain")),
    "refused_reads": (
        (
            "Auditor:Users.get,Domains.get AccountAdmin:Users.get",
            {"Auditor": {"Users.get", "Domains.get"}, "AccountAdmin": {"Users.get"}},
        ),
        ("off", {}),
    ),
    "auditor_domains_without_query": (("no", False), ("yes", True)),
    "disabled_in_directory": (("disabled", "disabled"), ("enabled", "enabled")),
    "deactivated": (("disabled", "disabled"), ("gone", "gone")),
    "sessions_per_user": (("1", 1), ("off", None)),
    "session_idle": (("90", timedelta(seconds=90)), ("off", None)),
    "expired_license": (("refuses", "refuses"), ("works", "works")),
    "error_data": (("with parameters", "with parameters"), ("always", "always")),
    "enums": (("integers", "integers"), ("strings", "strings")),
    "calls_per_connection": (("2", 2), ("off", None)),
    "login_time_format": (("%d.%m.%Y", "%d.%m.%Y"),),
}
"""By switch: a value as it is written, and as it is."""


@pytest.mark.parametrize("name", [each.name for each in fields(Unknowns)])
def test_every_unknown_can_be_switched(name: str) -> None:
    unknowns = Unknowns()
    for written, value in VALUES[name]:
        set_unknown(unknowns, f"{name}={written}")

        assert getattr(unknowns, name) == value
    if name not in ("license_message", "login_time_format"):
        with pytest.raises(Wrong, match=f"^{name} is .*, not 'neither of them'"):
            set_unknown(unknowns, f"{name}=neither of them")


def test_all_unknowns_are_listed_with_their_values_and_meanings() -> None:
    ran = subprocess.run([*ALONE, "--list-unknowns"], cwd=ROOT, capture_output=True, text=True, check=True)
    head, *lines = ran.stdout.splitlines()
    names, forms, meanings = lines[::3], lines[1::3], lines[2::3]

    assert "TEST SERVER" in head
    assert [line.partition("=")[0] for line in names] == [each.name for each in fields(Unknowns)]
    assert forms[names.index("never=zero")] == "    zero | empty | missing | absent"
    assert meanings[names.index("sessions_per_user=off")].startswith("    k. Sessions that one user may have;")
    assert all(len(meaning) > 20 for meaning in meanings)
    for line in names:
        assert set_unknown(unknowns := Unknowns(), line) == line
        assert unknowns == Unknowns(), "what is listed is what is so if nothing is said"
