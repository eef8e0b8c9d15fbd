"""`kconsole server`, `sync` and `reconcile` against a test server: what they say, and end with."""

from pathlib import Path

import pytest

from kconsole.operations.live import SERVER_PASSWORD
from tests.cli.console import Console
from tests.kerio_server.faults import Cut, status
from tests.kerio_server.fixtures import need_openssl
from tests.kerio_server.made_up import made_up_world
from tests.kerio_server.server import KerioServer


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch, kerio_server: KerioServer) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, kerio_server.password)


@pytest.fixture
def mail(console: Console, kerio_server: KerioServer) -> Console:
    """A store that follows a server of one domain and three accounts."""
    world = kerio_server.world
    world.set_license(users=3)
    world.add_domain("north.example")
    for login in ("anna", "berg"):
        world.add_user(f"{login}@north.example", login.title())
    world.add_user("off@north.example", enabled=False)
    world.log_in("anna@north.example")
    console.done("init")
    access = ["--url", kerio_server.url, "--user", kerio_server.user, "--fingerprint", kerio_server.fingerprint]
    console.done("server", "add", "mail", *access)
    return console


def test_a_server_is_named_read_shown_and_let_go(mail: Console, kerio_server: KerioServer) -> None:
    assert ["Read", "never"] in [line.split(maxsplit=1) for line in mail.done("server").out.splitlines()]
    said = mail.done("sync", "--reason", "begin")
    assert said.talk[0].startswith("mail: 4 entries new, changed or gone. server as of ")
    assert said.talk[-1] == "0 → 2 of 3 seats used"
    status_ = mail.done("status", "--json").json
    assert (status_["seats"]["used"], status_["license"]["seats"]) == (2, 3)
    assert (status_["server"]["name"], status_["server"]["unread"]) == ("mail", [])
    assert mail.done("status").out.splitlines()[3].startswith("Data: server as of ")
    shown = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in mail.done("server").out.splitlines()}
    assert shown["Role"] == "builtin admin"
    assert shown["URL"] == kerio_server.url
    again = mail.done("sync", "--json").json
    assert (again["server"], again["changed"], again["unread"]) == ("mail", [], [])
    mail.done("server", "remove")
    assert mail("server").code == 3
    assert mail("sync").code == 3
    assert len(mail.accounts()) == 4


def test_our_count_beside_the_servers(mail: Console) -> None:
    said = mail("reconcile")
    assert (said.code, "was never read" in said.err) == (3, True)
    mail.done("sync")
    agreed = mail.done("reconcile", "--json").json
    assert {figure["figure"]: (figure["ours"], figure["theirs"]) for figure in agreed["figures"]} == {
        "licensed": (3, 3),
        "counted": (2, 2),
        "connected": (1, 1),
        "created": (3, 3),
        "counted in north.example": (2, 2),
    }
    mail.done("add", "own@north.example")
    said = mail("reconcile")
    assert said.code == 1
    assert "Accounts that take a seat  3   ! server 2   -1" in said.out
    assert "accounts that are in this store and were never on the server: own@north.example" in said.out


@pytest.mark.parametrize("fault", [Cut(), status(500)], ids=["cut", "500"])
def test_a_server_that_goes_away_changes_nothing(mail: Console, kerio_server: KerioServer, fault: Cut) -> None:
    before = mail.dump
    kerio_server.faults.add(fault, "Users.get")
    said = mail("sync")
    assert said.code == 8
    assert "nothing was taken" in said.err
    assert "Traceback" not in said.err
    assert mail.dump == before
    mail.done("sync")
    before = mail.dump
    kerio_server.stop()
    assert mail("sync").code == 8
    assert mail.dump == before


def test_a_wrong_password_is_not_told(mail: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER_PASSWORD, "not-this-one")
    said = mail("sync")
    assert said.code == 8
    assert "not-this-one" not in said.err


def test_what_is_pinned_has_to_be_it(mail: Console, kerio_server: KerioServer) -> None:
    access = ["--url", kerio_server.url, "--user", kerio_server.user]
    mail.done("server", "add", "mail", *access, "--fingerprint", ":".join(["AB"] * 32))
    said = mail("sync")
    assert (said.code, kerio_server.fingerprint in said.err) == (8, True)
    assert kerio_server.logins == 0
    mail.done("server", "add", "mail", *access, "--insecure")
    said = mail.done("sync")
    assert said.talk[0].startswith("INSECURE: ")


@pytest.mark.parametrize(
    "words",
    [
        ["add", "mail", "--url", "http://mail.example", "--user", "a"],
        ["add", "mail", "--url", "https://u:p@mail.example", "--user", "a"],
        ["add", "mail", "--url", "https://mail.example", "--user", " "],
        ["add", "mail", "--url", "https://mail.example", "--user", "a", "--fingerprint", "AB"],
        ["add", "mail", "--url", "https://mail.example"],
    ],
)
def test_settings_that_make_no_sense_are_refused(console: Console, words: list[str]) -> None:
    console.done("init")
    said = console("server", *words)
    assert said.code == 2
    assert "u:p" not in said.err
    assert console("server").code == 3


@pytest.mark.parametrize("interval", ["0m", "5", "m", "-1m", "5d"])
def test_an_interval_is_a_number_and_a_unit(mail: Console, interval: str) -> None:
    assert mail("sync", "--watch", interval).code == 2


def test_nothing_of_a_hostile_server_reaches_the_terminal(console: Console, tmp_path: Path) -> None:
    need_openssl()
    with KerioServer(tmp_path / "hostile", made_up_world(200, 3, hostile=True)) as server:
        console.done("init")
        access = ["--url", server.url, "--user", server.user, "--fingerprint", server.fingerprint]
        console.done("server", "add", "\x1b[31mred", *access)
        for words in (["sync"], ["server"], ["accounts"], ["status"], ["domains"], ["reconcile"], ["log"]):
            assert console(*words).is_harmless(), words
        assert len(console.accounts()) > 200
