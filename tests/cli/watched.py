"""A store that follows a server, as monitoring systems see it."""

import os
from datetime import timedelta
from typing import Final

from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from kconsole.core.server import Server, ServerAccess, ServerNumbers
from kconsole.operations.session import Session
from tests.cli.console import Console, account
from tests.clocks import noon

NOW: Final = noon().now()
SERVER: Final = Server(
    name="mail",
    access=ServerAccess(url="https://mail.example:4040", user="eye"),
    synced_at=NOW - timedelta(seconds=240),
    numbers=ServerNumbers(licensed=20, current=12),
)
STORE: Final = Inventory(
    license=License(seats=20, expires=(NOW + timedelta(days=92)).date()),
    domains=(Domain(name="north.example", primary=True), Domain(name="secret.example", user_limit=1)),
    entries=(
        *(account(f"p{number}", mailbox=number > 3) for number in range(11)),
        account("hidden@secret.example"),
        account("gone", deleted_at=NOW),
    ),
    server=SERVER,
)


def again(console: Console, inventory: Inventory) -> Console:
    """A store beside another one that holds something else."""
    folder = console.folder.with_name(os.urandom(4).hex())
    Session.create(folder, inventory, "anna", noon()).close()
    return Console(folder, noon())
