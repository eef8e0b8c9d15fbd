"""What roles cost: the same durable change without a roles file, and by operators that it names."""

import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Final

from kconsole.core.history import Operator
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.roles import Person, Roles
from kconsole.operations.session import Session
from tests.samples import make_inventory

ACCOUNTS: Final = 1_000
CHANGES: Final = 400
"""Of each operator, in turns; every second one undoes the one before."""

OPERATORS: Final = {
    "no roles file": "",
    "a full admin with an own account": 'role = "full-admin"\naccount = "{own}"',
    "helpdesk": 'role = "helpdesk"\naccount = "{own}"',
    "an account admin of one domain": 'role = "account-admin"\ndomains = ["{domain}"]',
}


def opened(folder: Path, role: str) -> tuple[Session, str]:
    """A session on a store of its own with this role, and the address of an account that it changes."""
    folder.mkdir(mode=0o700)
    inventory = make_inventory(ACCOUNTS, seats=2 * ACCOUNTS)
    people = (entry for entry in inventory.entries if entry.is_account and entry.enabled and entry.role == "user")
    own, other = islice(people, 2)
    Session.create(folder / "store", inventory, Operator("bench")).close()
    person = Person(0, None, folder.stat().st_uid, "someone" if role else "")
    file = folder / "roles.toml" if role else None
    if file is not None:
        file.write_text(f"[operator.someone]\n{role.format(own=own.address, domain=other.domain)}\n")
        file.chmod(0o600)
    authority = Roles(person, file).authority
    return Session.open(folder / "store", Operator("bench", name="someone"), authority=authority), other.address


def times() -> dict[str, list[float]]:
    """Seconds of processor time that each change took; all take turns, so that a busy machine is busy for all."""
    found: dict[str, list[float]] = {name: [] for name in OPERATORS}
    with tempfile.TemporaryDirectory() as top, ExitStack() as stack:
        sessions = {name: opened(Path(top) / name, role) for name, role in OPERATORS.items()}
        for session, _ in sessions.values():
            stack.enter_context(closing(session))
        for number in range(CHANGES):
            kind = EnableAccounts if number % 2 else DisableAccounts
            for name, (session, address) in sessions.items():
                begin = time.process_time()
                done = session.do(kind((address,)))
                found[name].append(time.process_time() - begin)
                assert done.changed
    return found


def report() -> str:
    """The table."""
    measured = times()
    first = next(iter(measured.values()))
    lines = [
        "| one durable change, processor time | median | fastest | against none, medians | fastest |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, each in measured.items():
        median, least = statistics.median(each), min(each)
        ratios = median / statistics.median(first), least / min(first)
        lines.append(
            f"| {name} | {median * 1e6:.0f} µs | {least * 1e6:.0f} µs | {ratios[0]:.2f} x | {ratios[1]:.2f} x |"
        )
    return "\n".join([*lines, ""])
