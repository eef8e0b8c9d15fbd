"""What commands print, word for word, in `golden/*.txt`; `make golden` (`python -m tests.cli.golden`) writes them.

Each file is a session at a shell on one store, at a clock that stands still. Review the difference before committing.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from unittest.mock import patch

from msgspec.structs import replace

from kconsole.core.history import Operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.core.server import Server, ServerAccess, ServerNumbers
from kconsole.operations.samples import load_sample
from kconsole.operations.session import Session
from tests.cli.console import Console, account
from tests.clocks import noon

FOLDER: Final = Path(__file__).parent / "golden"
FILES: Final = Path(__file__).parent / "files"
"""Files that commands read; in a command, FILES stands for a copy of the folder that only the user may read."""

FULL: Final = Inventory(
    license=License(seats=2),
    domains=(Domain(name="north.example", primary=True), Domain(name="south.example", user_limit=1)),
    entries=(
        account("anna", full_name="Anna Berg", mailbox=True),
        account("berg@south.example", origin="directory"),
        account("off", enabled=False),
        account("off@south.example", enabled=False),
        account("info", kind="alias", delivers_to=("anna@north.example",)),
        account("Admin", kind="builtin_admin"),
    ),
)
"""A store without a free seat."""

REGISTRATION: Final = (
    "--organization Northwind --person Anna --email anna@north.example --phone 1 --country CZ --city Brno"
    " --street High --zip 60200"
)

FOLLOWING: Final = replace(
    FULL,
    server=Server(
        name="mail",
        access=ServerAccess(url="https://mail.example:4040", user="eye"),
        synced_at=noon().now(),
        numbers=ServerNumbers(licensed=2, current=3, active=1, created=4),
    ),
)
"""The same in a store that follows a server, which no command here contacts."""

READING: Final = (
    "status",
    "domains",
    "accounts --sort address",
    "accounts --filter is:never --domain nowhere.example",
    "accounts --filter is:nonsense",
    "accounts --filter seen:180d",
    "accounts --filter @unused",
    "accounts --inactive 0d",
    "log",
    "log --since yesterday",
    "log verify",
    "history",
    "history --by operator",
    "history --since yesterday",
    "forecast --backtest",
    "license renewal",
    "suggest shared",
    "license show",
    "server",
    "reconcile",
    "doctor",
)
"""Commands that change nothing."""

SCRIPTS: Final[Mapping[str, tuple[Inventory | str, Sequence[str]]]] = {
    "small": ("small", READING),
    "crisis": (
        "crisis",
        ("status", "license show", "suggest shared", "accounts --filter is:held", "accounts --verdict disabled"),
    ),
    "explain": (
        FULL,
        tuple(f"explain {name}" for name in ("anna@north.example", "off@north.example", "Admin@north.example", "nil")),
    ),
    "accounts": (
        FULL,
        (
            "disable anna@north.example info@north.example off@north.example nil Admin@north.example",
            "disable anna@north.example",
            "enable anna@north.example",
            "enable off@north.example",
            "add chen@north.example",
            "add off@north.example",
            "add chen@nowhere.example",
            "add chen",
            "add -- -chen@north.example",
            "delete anna@north.example berg@south.example info@north.example nil Admin@north.example",
            "delete --yes anna@north.example --mailbox transfer:anna@north.example",
            "delete --yes anna@north.example --mailbox transfer:nil@north.example",
            "delete --yes anna@north.example --mailbox transfer:info@north.example",
            "delete --yes anna@north.example --mailbox transfer:off@north.example",
            "delete --yes anna@north.example --mailbox burn",
            "delete --yes anna@north.example berg@south.example info@north.example",
            "delete --yes berg@south.example",
            "enable off@south.example",
            "restarted --reason update",
            "restarted",
            "enable off@north.example",
            "--read-only disable off@north.example",
            "status",
            "log",
        ),
    ),
    "reclaim": (
        "crisis",
        (
            "policy list",
            "policy show idle",
            "policy set idle inactive=3 never=x step=burn foo=1",
            "policy set idle where=is:nothing",
            "policy set guests where=domain:example inactive=45 never=keep brake_percent=50 stop_when_free=20",
            "policy show guests",
            "policy list",
            "protect *copier* --reason scanners",
            "reclaim plan",
            "reclaim plan --policy guests",
            "reclaim plan --policy nil",
            "reclaim explain nil",
            "reclaim explain i.papadaki",
            "policy remove guests",
            "policy remove idle",
            "log",
        ),
    ),
    "names": (
        FULL,
        (
            "disable anna",
            "disable ana",
            "explain berg@suoth.example",
            "explain nil",
            "add off@south.example",
            "enable off anna",
            "delete ana --yes",
            "tag anna service VIP",
            "tag anna@north.example info@north.example service",
            "tag anna service --remove",
            "tag anna berg@south.example",
            "tag anna (x)",
            "tag ana service",
            "accounts --filter tag:vip",
            "explain anna",
            "log --account anna",
            "undo",
        ),
    ),
    "domains": (
        FULL,
        (
            "domains add west.example --user-limit 5",
            "domains add WEST.example",
            "domains add east.example --primary",
            "domains add nonsense",
            "domains --json remove",
            "domains",
        ),
    ),
    "mapping": (
        FULL,
        (
            "domains map nowhere.example",
            "domains map north.example",
            "domains map north.example --base dc=x",
            "domains map north.example --insecure",
            "domains map north.example --remove --test",
            "domains map north.example --remove",
            "domains map north.example --url https://x.example --base dc=x",
            "domains map north.example --url ldaps://x.example:0 --base dc=x",
            "domains map north.example --url ldaps://jo:secret@x.example --base dc=x",
            "domains map north.example --url ldaps://x.example/dc=x --base dc=x",
            "domains map north.example --url ldaps://x.example --base people",
            "domains map north.example --url ldaps://x.example --base dc=x --filter (mail=*",
            "domains map north.example --url ldaps://x.example --base dc=x --filter (&)",
            "domains map north.example --url ldaps://x.example --base dc=x --attribute login",
            "domains map north.example --url ldaps://x.example --base dc=x --attribute password=userPassword",
            "domains map north.example --url ldaps://x.example --base dc=x --kind custom",
            "domains map north.example --url ldaps://x.example --base dc=x --fingerprint AB",
            "domains map north.example --url ldaps://x.example --base dc=x --fingerprint " + "AB" * 32 + " --insecure",
            "domains map north.example --url ldaps://x.example --base dc=x --ca /nowhere/ca.pem",
            "domains map north.example --url ldap://127.0.0.1:1 --base dc=x --test",
            "domains map north.example --url ldap://127.0.0.1:1 --base dc=x",
            "domains map north.example --url ldap://127.0.0.1:1 --base dc=x",
            "domains map north.example",
            "map north.example --dry-run",
            "domains map north.example --url ldap://127.0.0.1:1 --base dc=x --bind-as cn=reader --insecure",
            "map north.example",
            "map south.example",
            "domains map north.example --remove",
            "log",
        ),
    ),
    "license": (
        FULL,
        (
            "license",
            "license trial --begun 2027-01-01",
            "license trial",
            "license trial",
            "license activate",
            "license register --organization Northwind --person Anna",
            f"license register {REGISTRATION}",
            f"license register {REGISTRATION}",
            "license activate",
            "license activate",
            "license update",
            "license update --buy 10 --component antivirus",
            "license update --buy 1",
            "license update",
            "license update --arrived",
            "license update --arrived",
            "license update --component antivirus",
            "license update --seats 12",
            "license update --seats 1",
            "license update --seats 1 --dry-run --over-limit",
            "license update --seats 1 --over-limit",
            "license update --seats unlimited --maintenance-until 2028-01-01",
            "license update --buy 1",
            "license price",
            "license price 24.50 eur",
            "license price 24.5 EUR",
            "license price 1,250 EUR",
            "license price",
            "license component antivirus --seats 0",
            "license component antivirus --seats 0",
            "license component antivirus --remove",
            "license component antivirus --remove",
            "license component",
            "license trial",
            "license update --expires 2026-01-01",
            "license",
            "log",
        ),
    ),
    "undo": (
        FULL,
        (
            "undo",
            "undo 1",
            "undo 9",
            "disable anna@north.example --reason ill",
            "undo --reason well",
            "undo 2",
            "undo 3",
            "undo 1",
            "--as chen enable off@north.example",
            "undo",
            "undo 5 --as dora",
            "--as chen enable anna@north.example",
            "--as chen disable anna@north.example",
            "undo 4",
            "domains add west.example",
            "--as chen add dora@west.example",
            "undo 9",
            "log",
        ),
    ),
    "imports": (
        FULL,
        (
            "import csv FILES/none.csv --domain north.example",
            "import csv FILES/no-name.csv --domain north.example",
            "import csv FILES/good.csv --domain labs.example --dry-run",
            "import csv FILES/good.csv --domain labs.example",
            "import csv FILES/good.csv --domain labs.example --over-limit --dry-run",
            "license update --seats 12",
            "import csv FILES/faulty.csv --domain labs.example",
            "import csv FILES/faulty.csv --domain labs.example --skip-faulty --dry-run",
            "import csv FILES/faulty.csv --domain labs.example --skip-faulty",
            "import csv FILES/faulty.csv --domain labs.example --skip-faulty --encoding klingon",
            "import kerio FILES",
            "import kerio FILES/kerio",
            "import kerio FILES/kerio --skip-faulty",
            "import logins FILES/faulty-logins.csv",
            "import logins FILES/logins.csv --zone Mars",
            "import logins FILES/logins.csv --dry-run",
            "import logins FILES/logins.csv",
            "connect berg@south.example --via IMAP",
            "connect off@south.example",
            "connect anna@north.example --at 2026-07-01T09:00",
            "connect anna@north.example --at 2030-07-01T09:00Z",
            "restore FILES/wrong.json",
            "restore FILES/odd.json",
            "restore FILES/newer.json",
            "restore FILES/broken.json",
            "log",
        ),
    ),
    "following": (
        FOLLOWING,
        (
            "status",
            "server",
            "reconcile",
            "--offline sync",
            "--offline disable anna@north.example",
            "disable anna@north.example",
            "domains add west.example",
            "server add other --url https://other.example --user eye",
            "log",
        ),
    ),
    "config": (
        "",
        (
            "config check FILES/wrong.toml",
            "config check FILES/broken.toml",
            "config check FILES/none.toml",
            "config show --example --json",
            "completion tcsh",
        ),
    ),
    "no-store": (
        "",
        ("status", "init --seats 3", "init", "status", "domains", "nonsense", "log --json verify", "undo x"),
    ),
}
"""For each golden file: the records to begin with, or the name of a sample; and the commands, one after the other."""

_CHANGING: Final = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"process \d+"), "process N"),
)


def transcript(name: str) -> str:
    """What a script's commands print, with what differs from run to run replaced."""
    given, commands = SCRIPTS[name]
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, _environment(folder)):
        time.tzset()
        clock = noon()
        console = Console(Path(folder) / "store", clock)
        inventory = load_sample(given, clock.now()) if given and isinstance(given, str) else given
        with patch("kconsole.cli.context.system_operator", lambda claimed: Operator("root", claimed)):
            if isinstance(inventory, Inventory):
                Session.create(console.folder, inventory, "root", clock).close()
            lines: list[str] = []
            files = _copied_files(Path(folder) / "files")
            for command in commands:
                clock.forward(minutes=1)
                said = console(*command.replace("FILES", files).split())
                lines += [f"$ kconsole {command}", *said.out.splitlines(), *(f"! {line}" for line in said.talk)]
                lines += [f"(exit code {said.code})", ""] if said.code else [""]
        text = "\n".join(lines).replace(str(console.folder.resolve()), "STORE").replace(str(console.folder), "STORE")
        text = text.replace(files, "FILES")
    time.tzset()
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text


def _copied_files(folder: Path) -> str:
    shutil.copytree(FILES, folder)
    for file in folder.rglob("*.*"):
        file.chmod(0o600)
    return str(folder)


def _environment(folder: str) -> dict[str, str]:
    return {"TZ": "UTC", "HOME": folder, "KCONSOLE_STATE": f"{folder}/state", "KCONSOLE_CONFIG": f"{folder}/config"}


def main() -> None:
    """Write all golden files."""
    FOLDER.mkdir(exist_ok=True)
    for name in SCRIPTS:
        (FOLDER / f"{name}.txt").write_text(transcript(name))


if __name__ == "__main__":
    main()
