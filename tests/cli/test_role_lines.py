"""Generated command lines of every role, while roles change: none changes what its role may not change."""

import io
import os
import sys
from pathlib import Path
from random import Random
from typing import Final

import click
import pytest

from kconsole.cli.context import CliContext
from kconsole.cli.main import kconsole
from kconsole.core.history import Commit
from kconsole.core.records import Domain, Entry
from kconsole.core.roles import RoleName
from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from tests.cli.console import Console, account
from tests.cli.test_shell import Remote
from tests.limits import EXAMPLES, THOROUGH

LINES: Final = int(os.environ.get("KCONSOLE_ROLE_LINES", 2 * EXAMPLES if THOROUGH else 40))
"""Command lines for each role; 10,000 take some minutes."""

OPERATIONS: Final = {
    "auditor": set[str](),
    "helpdesk": {"disable", "enable", "undo", "sync", "settle", "ask server", "keep", "end keep"},
    "account-admin": {
        "disable",
        "enable",
        "undo",
        "sync",
        "settle",
        "ask server",
        "add",
        "tag",
        "connect",
        "map",
        "delete",
        "keep",
        "end keep",
        "reserve",
        "cancel reservation",
        "extend reservation",
        "offboard",
        "schedule offboarding",
        "cancel offboarding",
    },
}
"""What the table of issue 15 lets each role do, bound to a domain as here."""

OWN: Final = "anna@north.example"

FIRST: Final = ["disable", "user2@north.example", "chief@north.example"]
"""A line that is sure to change something and to be refused something: all others may fail for their options."""


def entries() -> list[Entry]:
    near = [account(f"user{number}", enabled=bool(number % 3)) for number in range(12)]
    far = [account(f"far{number}@south.example", enabled=bool(number % 2)) for number in range(4)]
    chief = account("chief", role="full_admin")
    idle = account("idle.chief", role="full_admin", enabled=False)
    return [account("anna"), chief, idle, account("team", kind="mailing_list"), *near, *far]


class Lines:
    """Command lines as a hostile operator would try them, from the commands that there are."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._commands = list(_leaves(kconsole, ()))
        self._addresses = [entry.address for entry in entries()]

    def line(self) -> list[str]:
        random = self._random
        if random.random() < 0.2:  # most others are refused for their options
            return [random.choice(("disable", "enable")), random.choice(self._addresses)]
        path, command = random.choice(self._commands)
        if random.random() < 0.6:  # most that is listed changes nothing
            names = ("disable", "enable", "delete", "undo", "add", "tag", "connect", "restarted")
            name = random.choice(names)
            path, command = next(each for each in self._commands if each[0] == (name,))
        words = [*path]
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                words += [
                    self._value(parameter) for _ in range(random.choice((1, 1, 2, 5) if parameter.nargs < 0 else (1,)))
                ]
            elif isinstance(parameter, click.Option) and random.random() < (0.9 if "--yes" in parameter.opts else 0.15):
                words.append(random.choice(parameter.opts))
                if not (parameter.is_flag or parameter.count):
                    words.append(self._value(parameter))
        if random.random() < 0.1:
            random.shuffle(words)
        return words

    def _value(self, parameter: click.Parameter) -> str:
        random = self._random
        if isinstance(parameter.type, click.Choice) and random.random() < 0.8:
            return str(random.choice(list(parameter.type.choices)))
        return random.choice(
            [
                random.choice(self._addresses), random.choice(self._addresses), random.choice(self._addresses),
                random.choice(self._addresses).partition("@")[0], "new.person@north.example", "new@south.example",
                "north.example", "south.example", str(random.randrange(1, 30)), "-", "inbox/users.csv", "exports/x",
                "/etc/passwd", "service", "1y", "is:seat", "", "--yes", "2026-01-01T00:00:00Z",
            ]
        )  # fmt: skip


def _leaves(group: click.Group, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    with click.Context(group, obj=CliContext()) as context:
        for name in sorted(group.list_commands(context)):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                found += _leaves(command, (*path, name))
            elif "--follow" not in {opt for each in command.params for opt in each.opts} or name == "log":
                found.append(((*path, name), command))
    return found


def forbidden(commit: Commit, role: RoleName, earlier: dict[int, Commit]) -> str:
    """What a role did in a commit that it may not do; empty if nothing."""
    if not commit.changes:
        return ""
    if commit.operation not in OPERATIONS[role]:
        return f"{role} did {commit.operation}"
    if commit.undoes is not None:
        undone = earlier[commit.undoes]
        if undone.operator.name != "anna":
            return f"{role} undid a change of another"
    for change in commit.changes:
        if change.table in ("keeps", "reservations"):
            places = [
                each.address if change.table == "keeps" else each.domain
                for each in (change.before, change.after)
                if each
            ]
            if not all(place.endswith("north.example") for place in places):
                return f"{role} changed the {change.table} of another domain"
            continue
        if change.table != "entries":
            return f"{role} changed {change.table}"
        before, after = change.before, change.after
        if any(each.domain != "north.example" for each in (before, after) if each is not None):
            return f"{role} changed another domain"
        was_on = before is not None and before.deleted_at is None and before.enabled
        is_on = after is not None and after.deleted_at is None and after.enabled
        if was_on and not is_on and (before.address == OWN or before.role == "full_admin"):
            return f"{role} disabled {before.address}"
        if is_on and not was_on and role == "helpdesk" and after.role != "user":
            return f"{role} enabled {after.address}"
    return ""


@pytest.mark.thorough
@pytest.mark.parametrize("role", OPERATIONS)
def test_no_line_changes_what_the_role_may_not(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: RoleName
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    random = Random(f"{role} {LINES}")
    domains = (Domain(name="north.example"), Domain(name="south.example"))
    console.fill(*entries(), seats=18, domains=domains)
    console.done("disable", "user1@north.example")
    console.done("enable", "user1@north.example")
    console.done("domains", "add", "west.example")
    (tmp_path / "files" / "inbox").mkdir(parents=True)
    (tmp_path / "files" / "inbox" / "users.csv").write_text("Name;MailAddress\nvera;vera@north.example\n")
    file = tmp_path / "roles.toml"
    remote, lines = Remote(console, file, tmp_path / "files"), Lines(random)
    roles: dict[int, RoleName] = {}
    """The role at each line of the log."""
    session = Session.open(console.folder, "root")
    is_role = role
    for number in range(LINES):
        if number % 50 == 0:  # other roles come and go, and this one is back for most of the time
            is_role = random.choice(list(OPERATIONS)) if number % 100 else role  # type: ignore[arg-type]  # its keys
            file.write_text(
                f'[operator.anna]\nrole = "{is_role}"\ndomains = ["north.example"]\naccount = "{OWN}"\n'
                f'[operator.berg]\nrole = "full-admin"\naccount = "user5@north.example"\n'
            )
            file.chmod(0o644)
        words = lines.line() if number else FIRST
        if "--follow" in words:
            continue
        said = remote.words(words)
        assert "Traceback" not in said.err, (words, said)
        assert "Unexpected error" not in said.err, (words, said)
        for commit in session.catch_up():
            roles[commit.sequence] = is_role
    commits = {commit.sequence: commit for commit in session.history.log(LogQuery())}
    wrong = [forbidden(commits[sequence], at, commits) for sequence, at in roles.items()]
    assert [each for each in wrong if each] == []
    assert any(commits[sequence].changes for sequence in roles) or role == "auditor"
    assert any(commits[sequence].refused for sequence in roles)
