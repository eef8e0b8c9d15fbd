"""Whatever is refused is in the log: of every operation, by the command that a person types."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson
import pytest
from msgspec.structs import replace

from kconsole.core.directory import Directory, DirectoryUser
from kconsole.core.encoding import inventory_document
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.core.server import PendingChange, Server, ServerAccess, Target
from kconsole.operations import mapping
from kconsole.operations.catalog import MODULES
from kconsole.operations.session import Session
from tests.cli.console import Console, account
from tests.clocks import noon
from tests.importers.license_writer import license_key, trial_key

FILES: Final = Path(__file__).parent / "files"

PERSON: Final = DirectoryUser(id="1", login="fry", name="uid=fry")
DIRECTORY: Final = Directory(url="ldaps://directory.example", base="dc=example")
REGISTERED: Final = License(seats=2, registered_at=noon().now(), activated_at=noon().now())
FULL: Final = Inventory(
    license=REGISTERED,
    domains=(Domain(name="north.example", directory=DIRECTORY),),
    entries=(
        account("anna"),
        account("berg"),
        account("off", enabled=False),
        account("Admin", kind="builtin_admin"),
    ),
)
"""A store without a free seat."""

ACCESS: Final = ServerAccess(url="https://mail.example:4040", user="eye")
FOLLOWING: Final = replace(FULL, server=Server(name="mail", access=ACCESS, synced_at=noon().now()))
"""The same in a store that follows a server, which no command here contacts."""

Setting = tuple[Inventory, str]

REFUSED: Final[Mapping[str, Setting]] = {
    "disable": (FULL, "disable Admin@north.example"),
    "enable": (FULL, "enable off@north.example"),
    "add": (FULL, "add chen@north.example"),
    "delete": (FULL, "delete --yes Admin@north.example"),
    "tag": (FULL, "tag anna@north.example a b c d e f g h i"),
    "connect": (FULL, "connect off@north.example"),
    "import": (FULL, "import csv FILES/good.csv --domain north.example"),
    "import kerio": (FOLLOWING, "import kerio --skip-faulty FILES/kerio"),
    "begin trial": (FULL, "license trial"),
    "activate license": (replace(FULL, license=License(seats=2)), "license activate"),
    "buy": (replace(FULL, license=License(seats=2)), "license update --buy 5"),
    "update license": (FULL, "license update --arrived"),
    "cancel update": (FULL, "license update --cancel"),
    "change license": (FULL, "license update --seats 1"),
    "install license": (FULL, "license install --yes FILES/one.key"),
    "map": (FULL, "map north.example"),
    "add domain": (FULL, "domains add north.example"),
    "restore": (FOLLOWING, "restore FILES/dump.json"),
    "remove server": (FOLLOWING, "server remove"),
    "add server": (FOLLOWING, "server add other --url https://other.example:4040 --user eye"),
}
"""For the name of each operation, what refuses it as a whole, and the command that is refused."""

NEVER: Final = {
    "import logins": "they have happened already",
    "restarted": "it has happened already",
    "register license": "its faults are those of the input",
    "set price": "its faults are those of the input",
    "change component": "a component may be licensed and removed at any time",
    "set directory": "its faults are those of the input",
    "forget directory": "a domain may lose its directory at any time",
    "sync": "it needs a server: tests/operations/test_sync_domains.py",
    "settle": "it takes what the server did",
    "keep": "tests/operations/test_keeps.py",
    "end keep": "tests/operations/test_keeps.py",
    "protect": "tests/operations/test_keeps.py",
    "unprotect": "tests/operations/test_keeps.py",
    "reclaim": "tests/operations/test_reclaim_plans.py",
    "reclaim mark": "tests/operations/test_reclaim.py",
    "set policy": "tests/operations/test_policies.py",
    "remove policy": "tests/operations/test_policies.py",
    "reserve": "tests/operations/test_reservations.py",
    "extend reservation": "tests/operations/test_reservations.py",
    "cancel reservation": "tests/operations/test_reservations.py",
    "offboard": "tests/operations/test_offboarding.py",
    "schedule offboarding": "tests/operations/test_offboarding.py",
    "cancel offboarding": "tests/operations/test_offboarding.py",
}
"""Operations that nothing refuses, or for which this test is not the place."""


def store(folder: Path, inventory: Inventory) -> Console:
    """A command line at a store; one that follows a server asked it for a change, and knows no answer."""
    session = Session.create(folder, inventory, "anna", noon())
    if inventory.server is not None:
        with session.store.transaction("ask server", "restore") as transaction:
            asked = Target(number=1, server_id="1", address="anna@north.example")
            transaction.put_pending(PendingChange(operation="disable", at=noon().now(), targets=(asked,)))
    session.close()
    return Console(folder, noon())


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands read."""
    listing = mapping.DirectoryListing((PERSON,), (), ())
    monkeypatch.setattr(mapping, "read_directory", lambda *_: listing)
    files = tmp_path / "files"
    files.mkdir()
    (files / "one.key").write_bytes(license_key(users="1"))
    (files / "trial.key").write_bytes(trial_key())
    (files / "dump.json").write_bytes(orjson.dumps(inventory_document(FULL)))
    (files / "good.csv").write_bytes((FILES / "good.csv").read_bytes())
    (files / "logins.csv").write_bytes((FILES / "logins.csv").read_bytes())
    (files / "kerio").mkdir()
    for file in (FILES / "kerio").iterdir():
        (files / "kerio" / file.name).write_bytes(file.read_bytes())
        (files / "kerio" / file.name).chmod(0o600)
    return files


def test_every_operation_is_covered() -> None:
    names = {name for names in MODULES.values() for name in names}
    assert set(REFUSED) | set(NEVER) == names
    assert not set(REFUSED) & set(NEVER)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_in_the_log(tmp_path: Path, files: Path, name: str) -> None:
    inventory, command = REFUSED[name]
    console = store(tmp_path / "store", inventory)
    before = console.dump
    said = console(*command.replace("FILES", str(files)).split(), "--reason", "asked for")
    assert said.code == 4, said
    assert console.dump == before
    line = console.done("log", "--json").json[-1]
    assert (line["deed"], line["reason"], line["changes"]) == (name, "asked for", 0)
    assert len(line["refusals"]) == 1
    assert line["seats"]["before"] == line["seats"]["after"]


def test_a_license_file_that_may_not_be_installed_is_refused_in_the_log_too(tmp_path: Path, files: Path) -> None:
    console = store(tmp_path / "store", FULL)
    assert console("license", "install", "--yes", str(files / "trial.key")).code == 4
    (refusal,) = console.done("log", "--json").json[-1]["refusals"]
    assert refusal["code"] == "trial-file"


def test_an_undo_that_is_refused_is_in_the_log(tmp_path: Path) -> None:
    console = store(tmp_path / "store", FULL)
    for command in ("disable berg@north.example", "enable off@north.example"):
        console.done(*command.split())
    assert console("undo", "2").code == 4
    line = console.done("log", "--json").json[-1]
    assert (line["deed"], len(line["refusals"])) == ("undo", 1)


@pytest.mark.parametrize("command", ["map north.example", "license update --seats 1", "license install FILES/one.key"])
def test_a_dry_run_is_refused_and_writes_nothing(tmp_path: Path, files: Path, command: str) -> None:
    console = store(tmp_path / "store", FULL)
    assert console(*command.replace("FILES", str(files)).split(), "--dry-run").code == 4
    assert len(console.done("log", "--json").json) == 1


def test_users_who_are_left_out_again_are_in_the_log_once(tmp_path: Path) -> None:
    """A mapping that runs every hour, and changes nothing, does not let the log grow."""
    entries = (*FULL.entries[:1], account("fry"))
    console = store(tmp_path / "store", replace(FULL, entries=entries))
    for _ in range(3):
        assert console("map", "north.example").code == 4
    assert [line["deed"] for line in console.done("log", "--json").json] == ["init", "map"]
