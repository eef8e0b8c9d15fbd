"""A store and its operators, to be shown in browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.console import Console, account, days_ago
from tests.operations.sessions import NORTH, SOUTH
from tests.web.served import Served, served

ROLES = """
[operator.anna]
role = "helpdesk"

[operator.berg]
role = "auditor"
"""

TWO = ("--operator", "anna", "--operator", "berg", "--operator", "eve")

HOSTILE = (
    "a[/]b [@click=app.quit]x[/]",
    "<script>alert(1)</script>",
    "\u202egnp.exe\u2066",
    "x\x1b]0;owned\x07\x1b[2J\x1b]52;c;b3duZWQ=\x07\x1b]8;;http://evil.example\x1b\\",
)


def store_in(folder: Path) -> Console:
    """A store with names that someone made up, and the roles of its operators beside it."""
    logins = ("mara", "nils", "olaf", "petra")
    accounts = [
        account(login, full_name=name, last_login=days_ago(400 - place))
        for place, (login, name) in enumerate(zip(logins, HOSTILE, strict=True))
    ]
    console = Console(folder / "store").fill(*accounts, seats=20, domains=(NORTH, SOUTH))
    (folder / "files").mkdir()
    file = folder / "files" / "roles.toml"
    file.write_text(ROLES)
    file.chmod(0o644)
    return console


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return store_in(tmp_path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that is only looked at, with links for a helpdesk, an auditor, and one whom the roles do not name."""
    folder = tmp_path_factory.mktemp("site")
    with served(store_in(folder), folder / "files", *TWO, links=3) as started:
        yield started


@pytest.fixture(scope="module")
def cookies(site: Served) -> list[str]:
    """The cookies of all three."""
    return [site.log_in(link) for link in site.links]
