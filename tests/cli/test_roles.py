"""Roles at the command line: what a role may not do is refused before anything is read or asked, and logged."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from kconsole.cli.context import CliContext
from kconsole.cli.permitted import OPERATIONS
from kconsole.core.records import Domain
from kconsole.core.roles import ROLES
from kconsole.operations.catalog import MODULES, capability_of
from kconsole.operations.roles import Person, Roles
from tests.cli.console import Console, Said, account, in_process
from tests.limits import PATIENCE

ROLES_TOML: Final = """
[operator.auditor]
role = "auditor"
[operator.helpdesk]
role = "helpdesk"
account = "berg@north.example"
uid = 4711
[operator.account-admin]
role = "account-admin"
[operator.full-admin]
role = "full-admin"
[operator.bound]
role = "account-admin"
domains = ["south.example"]
"""

COMMANDS: Final = {
    "disable": "disable anna@north.example",
    "enable": "enable off@north.example",
    "add": "add new@north.example --account-password-file missing",
    "delete": "delete anna@north.example --yes",
    "tag": "tag anna@north.example vip",
    "restarted": "restarted",
    "connect": "connect anna@north.example",
    "license trial": "license trial",
    "license register": "license register --id-file missing",
    "license activate": "license activate",
    "license component": "license component antivirus",
    "license update": "license update --seats 5",
    "license install": "license install missing",
    "license price": "license price 24.50 EUR",
    "server add": "server add mail --url https://mail.example --user eye",
    "server remove": "server remove",
    "sync": "sync --password-file missing",
    "map": "map north.example --password-file missing",
    "domains add": "domains add west.example",
    "domains map": "domains map north.example --url ldap://x.example --base dc=x --test --password-file missing",
    "import csv": "import csv missing --domain north.example",
    "import kerio": "import kerio .",
    "import logins": "import logins missing",
    "init": "init",
    "restore": "restore missing",
    "undo": "undo 2",
    "journal archive": "journal archive --keep 1",
    "share on": "share on --group missing",
    "policy set": "policy set idle inactive=90",
    "policy remove": "policy remove idle",
    "reclaim apply": "reclaim apply missing",
    "reclaim mark": "reclaim mark missing",
    "reserve add": "reserve add Anna --until 2026-09-01",
    "reserve cancel": "reserve cancel r1",
    "reserve extend": "reserve extend r1 2026-10-01",
    "share off": "share off",
    "store bind": "store bind anna --end",
    "store copy": "store copy missing copy",
    "store init-postgresql": "store init-postgresql",
    "doctor": "doctor --fix",
    "roles check": "roles check",
}
"""A command line for each command that needs a capability."""

NEEDS: Final = {command: capability_of(operation) for command, operation in OPERATIONS.items()} | {
    "domains map": "map",
    "doctor": "repair",
    "roles check": "roles",
}


@pytest.fixture
def roles_file(tmp_path: Path) -> Path:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES_TOML)
    file.chmod(0o644)
    return file


@pytest.fixture
def office(console: Console) -> Console:
    domains = (Domain(name="north.example", primary=True), Domain(name="south.example"))
    people = (account("anna"), account("berg"), account("off", enabled=False), account("chen@south.example"))
    return console.fill(*people, seats=None, domains=domains)


def as_operator(office: Console, file: Path, name: str, *arguments: str) -> Said:
    """Run with the role of an operator; but for that, with all that a user of the machine may type."""
    place = CliContext(office.folder, 0.0, clock=office.clock)
    place.roles = Roles(Person(os.getuid(), None, os.getuid(), name), file)
    if "check" in arguments:
        place.operator_name, place.roles_file = name, file
    return in_process(arguments, place)


def test_every_command_that_changes_something_is_in_the_table() -> None:
    groups = {"import", "journal", "share", "store"}
    assert set(OPERATIONS) - groups == set(COMMANDS) - {"domains map", "doctor", "roles check"}
    operations = {name for names in MODULES.values() for name in names}
    hidden = {"buy", "update license", "cancel update", "set directory", "forget directory", "settle"}
    hidden |= {
        "offboard",
        "schedule offboarding",
        "cancel offboarding",
        "keep",
        "end keep",
        "protect",
        "unprotect",
    }  # of commands that also list: the store refuses them
    assert operations - hidden <= set(OPERATIONS.values())


@pytest.mark.parametrize("role", ["auditor", "helpdesk", "account-admin"])
def test_what_a_role_may_not_do_ends_with_4_and_is_in_the_log(office: Console, roles_file: Path, role: str) -> None:
    before, lines = office.dump, len(office.done("log", "--json").json)
    for command, line in COMMANDS.items():
        if NEEDS[command] in ROLES[role]:  # type: ignore[index]
            continue
        said = as_operator(office, roles_file, role, *line.split(), *(["--reason", "why"] if command == "add" else []))
        assert (said.code, said.out) == (4, ""), command
        assert f"Your role, {role}, may not" in said.err
        log = office.done("log", "--json").json
        lines += 1
        assert (len(log), log[-1]["deed"]) == (lines, OPERATIONS.get(command, command))
        assert [each["code"] for each in log[-1]["refusals"]] == ["not-permitted"]
        assert log[-1]["operator_name"] == role
    assert office.dump == before


def test_the_refusal_names_account_and_reason(office: Console, roles_file: Path) -> None:
    as_operator(office, roles_file, "auditor", "disable", "anna@north.example", "--reason", "left")
    last = office.done("log", "--json").json[-1]
    assert (last["reason"], last["refusals"][0]["address"]) == ("left", "anna@north.example")


def test_a_dry_run_is_refused_and_writes_nothing(office: Console, roles_file: Path) -> None:
    lines = len(office.done("log", "--json").json)
    said = as_operator(office, roles_file, "auditor", "map", "north.example", "--dry-run")
    assert said.code == 4
    assert len(office.done("log", "--json").json) == lines


def test_a_full_admin_does_everything(office: Console, roles_file: Path) -> None:
    for line in ("disable anna@north.example", "undo", "delete anna@north.example --yes", "domains add west.example"):
        assert as_operator(office, roles_file, "full-admin", *line.split()).code == 0


def test_each_account_is_refused_for_itself(office: Console, roles_file: Path) -> None:
    said = as_operator(office, roles_file, "helpdesk", "disable", "anna@north.example", "berg@north.example")
    assert said.code == 1
    assert "your own account" in said.err
    assert {each["login"]: each["enabled"] for each in office.accounts()}["anna"] is False


def test_a_claim_raises_no_role(office: Console, roles_file: Path) -> None:
    said = as_operator(office, roles_file, "auditor", "--as", "full-admin", "disable", "anna@north.example")
    assert said.code == 4


def test_a_role_bound_to_domains_copies_nothing(office: Console, roles_file: Path, tmp_path: Path) -> None:
    for line in ("dump", f"backup {tmp_path / 'b.tar'}"):
        said = as_operator(office, roles_file, "bound", *line.split())
        assert (said.code, said.out) == (4, "")
        assert "anna" not in said.err
    assert not (tmp_path / "b.tar").exists()
    assert as_operator(office, roles_file, "auditor", "dump").code == 0
    assert as_operator(office, roles_file, "bound", "delete", "chen@south.example", "--yes").code == 0
    assert as_operator(office, roles_file, "bound", "delete", "anna@north.example", "--yes").code == 3


@pytest.mark.parametrize("name", ["auditor", "helpdesk", "full-admin"])
def test_the_help_lists_what_the_role_allows(office: Console, roles_file: Path, name: str) -> None:
    listed = as_operator(office, roles_file, name, "--help").out
    for command in ("disable", "delete", "sync", "import", "restore", "share", "undo", "status", "log", "license"):
        may = name == "full-admin" or NEEDS.get(command) in {None, *ROLES[name]}  # type: ignore[index]
        assert (f"\n  {command} " in listed) == may, command
    of_license = as_operator(office, roles_file, name, "license", "--help").out
    assert ("\n  trial " in of_license, "\n  show " in of_license) == (name == "full-admin", True)


def test_who_someone_is(office: Console, roles_file: Path) -> None:
    said = as_operator(office, roles_file, "bound", "roles", "whoami", "--json")
    assert said.json["operator"] == "bound"
    assert (said.json["role"], said.json["domains"], said.json["how"]) == (
        "account-admin",
        ["south.example"],
        "forced-command",
    )
    assert "delete" in said.json["may"]
    words = as_operator(office, roles_file, "helpdesk", "roles", "whoami").out
    assert "10 accounts an hour" in words
    assert "berg@north.example" in words
    assert office.done("roles", "whoami", "--json").json["how"] == "no-roles"


def test_the_file_is_checked(office: Console, roles_file: Path) -> None:
    said = office.done("roles", "check", str(roles_file), "--json")
    assert [each["name"] for each in said.json["operators"]] == re.findall(r"operator.([a-z-]+)", ROLES_TOML)
    assert "helpdesk" in office.done("roles", "check", str(roles_file)).out
    roles_file.write_text("[operator.x]\nrole = 'y'\n")
    assert office("roles", "check", str(roles_file)).code == 2
    roles_file.chmod(0o666)
    for arguments in (["roles", "check", str(roles_file)], ["--roles", str(roles_file), "status"]):
        assert office(*arguments).code == 4
    assert office("--roles", str(roles_file), "doctor").code == 1
    assert office("roles", "check").code == 4
    assert json.dumps(office.done("schema", "roles").json).count("full-admin")


AS_USER: Final = """
import sys
from pathlib import Path
from kconsole.operations import roles
roles.ROLES_FILE = Path(sys.argv[1])
from kconsole.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


def as_user(uid: int, file: Path, store: Path, *arguments: str, **environment: str) -> Said:
    """Run as a user of this machine."""
    command = ["setpriv", f"--reuid={uid}", "--regid=4700", "--clear-groups", sys.executable, "-c", AS_USER, str(file)]
    ended = subprocess.run(
        [*command, "--store", str(store), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        timeout=PATIENCE,
        check=False,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.thorough
@pytest.mark.skipif(os.getuid() != 0, reason="works as other users: needs root")
def test_users_of_the_machine_have_the_roles_of_their_uids() -> None:
    with TemporaryDirectory() as top:  # not in the folder of the tests, which is root's alone
        _see_who_has_which_role(Path(top))


def _see_who_has_which_role(top: Path) -> None:
    top.chmod(0o755)
    file, store = top / "roles.toml", top / "home" / "store"
    file.write_text(ROLES_TOML)
    file.chmod(0o644)
    store.parent.mkdir()
    os.chown(store.parent, 4710, 4700)
    store.parent.chmod(0o2770)
    assert as_user(4710, file, store, "init").code == 0
    assert as_user(4710, file, store, "domains", "add", "north.example").code == 0
    assert as_user(4710, file, store, "add", "anna@north.example").code == 0
    # by sudo, the owner is who called it
    sudo = {"SUDO_UID": "4711", "SUDO_USER": "h"}
    assert as_user(4710, file, store, "disable", "anna@north.example", **sudo).code == 0
    assert as_user(4710, file, store, "delete", "anna@north.example", "--yes", **sudo).code == 4
    assert as_user(4710, file, store, "--roles", str(file), "status", **sudo).code == 4
    assert as_user(4710, file, store, "status", SUDO_UID="4799").code == 4
    # by uid, and who is not named
    who = as_user(4711, file, store, "roles", "whoami", "--json")
    assert who.code == 0, who
    assert (who.code, who.json["operator"], who.json["how"]) == (0, "helpdesk", "uid")
    stranger = as_user(4712, file, store, "status")
    assert stranger.code == 4
    assert "4712" in stranger.err
    os.chown(file, 4711, -1)
    assert as_user(4711, file, store, "roles", "whoami").code == 4
