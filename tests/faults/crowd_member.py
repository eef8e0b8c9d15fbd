"""One of many who change the same store at its seat limit: `python -m tests.faults.crowd_member FOLDER NAME CHANGES`.

Prints the sequence number of each change that was reported as done.
"""

import random
import sys
from pathlib import Path

from kconsole.core.errors import ConsoleError, Refused
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.server import RecordRestart
from kconsole.operations.session import Session


def next_change(session: Session, chance: random.Random, new: str) -> Operation:
    """Most of the time one that wants a seat."""
    known = [entry.address for entry in session.state.live_entries()]
    some = (chance.choice(known),) if known else (new,)
    operations: list[Operation] = [
        AddAccount(new),
        AddAccount(new),
        EnableAccounts(some),
        EnableAccounts(some),
        DisableAccounts(some),
        DeleteAccounts(some, "delete"),
        RecordRestart(),
    ]
    return chance.choice(operations)


def main(folder: Path, name: str, changes: int) -> None:
    """Change, and be refused, until so many changes were made."""
    chance = random.Random(name)
    session = Session.open(folder, name, patience=120)
    made = 0
    while made < changes:
        try:
            done = session.do(next_change(session, chance, f"{name}.{made}@north.example"))
        except Refused:
            continue
        except ConsoleError as error:
            sys.exit(str(error))
        if done.commit is not None:
            made += 1
            sys.stdout.write(f"{done.commit.sequence}\n")
    session.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
