"""Why something is not done: without a server, beside one, or because the server refused it."""

from typing import Final

from kconsole.core.codes import short
from kconsole.core.errors import NotFound, Refused
from kconsole.core.records import Entry, fold
from kconsole.core.server import PendingChange, Server, Target
from kconsole.operations.base import OperationContext, Outcome
from kconsole.providers.kerio.errors import EXISTS, NOT_THERE, ItemError

NO_LICENSE: Final = 1003
NO_RIGHT: Final = 1004

READ: Final = "Read the server with 'kconsole sync': somebody has changed it."

_RANKS: Final = {
    "user": 0, "auditor": 1, "account_admin": 2, "builtin_domain_admin": 2, "full_admin": 3, "builtin_admin": 4,
}  # fmt: skip


def no_server() -> NotFound:
    """The error for what needs a server, where none is configured."""
    return NotFound("no-server", "add-a-server")


def needs_server(server: Server, offline: bool) -> Refused:
    """The error for a change that runs on the server first, where it may not or cannot be contacted."""
    if offline:
        return Refused("offline-change", "leave-out-offline-to-change", server=server.name)
    return Refused("password-needed", "give-the-password", server=server.name)


def not_asked(server: Server) -> Refused:
    """The error for a reading of the server, where --offline forbids it."""
    return Refused("offline-read", "leave-out-offline-to-read", server=server.name)


def refuse_here(operation: str, server: Server) -> Refused:
    """The error for what would make the store differ from the server that it follows."""
    return Refused("only-without-server", "do-it-there-or-without-server", operation=operation, server=server.name)


def named_meanwhile(server: Server) -> Refused:
    """The error for a change that was decided before another process configured this server."""
    return Refused("server-added-meanwhile", "look-at-the-server", server=server.name)


def refused_there(
    error: ItemError,
    pending: PendingChange,
    target: Target,
    account: Entry | None,
    server: Server | None,
    work: OperationContext,
) -> Outcome:
    """What came of it for an account that the server refused to change.

    Args:
        error: what it said.
        pending: what was asked for.
        target: the account.
        account: as the store knows it; None for one that is not there.
        server: as it was last read.
        work: the deed in the making.
    """
    address = target.address
    reason, hint = error.text, "Look into the server's error log, and try again."
    if error.code == NO_RIGHT:
        reason, hint = _no_right(address, account, server, work)
    elif error.code == NO_LICENSE:
        reason = "its license allows no more users"
        hint = "Free a seat by disabling accounts; 'kconsole sync' reads how many the server counts."
    elif error.code == EXISTS:
        reason = "something of that name is on the server already"
        hint = "Read the server with 'kconsole sync', which shows what it is; or choose another name."
    elif error.code == NOT_THERE and pending.operation == "add":
        reason, hint = f"its domain {target.domain} is not on the server any more", READ
    elif error.code == NOT_THERE:
        heir = f", or {pending.transfer_to} who shall take its mailbox" if pending.transfer_to else ""
        reason, hint = f"it is not on the server any more{heir}", READ
    said = short(error.said.replace(target.server_id, address) if target.server_id else error.said).rstrip(".")
    words = f". It says: {said}" if said else ""
    return Outcome(address, "refused", f"the server did not do it: {reason}{words}", hint)


def _no_right(address: str, account: Entry | None, server: Server | None, work: OperationContext) -> tuple[str, str]:
    """Which of the rules it was that the server goes by, as far as that is known.

    Source: nobody may disable or delete himself or somebody of higher rights (Disabling and Deleting User Accounts).
    """
    if server is None:
        return "whoever is logged in has no right to", "Log in as somebody who may."
    login = server.access.user
    primary = next((domain.name for domain in work.state.domains.values() if domain.primary), "")
    own = login if "@" in login else f"{login}@{primary}"
    if fold(own) == fold(address):
        return (
            "it is the account that kconsole logs in with, and nobody may do that to his own",
            "Do it as another administrator: see 'kconsole server add'.",
        )
    rank = _RANKS.get(server.role, None)
    if server.role == "auditor":
        return f"{login} is an auditor, who may read and change nothing", "Log in as an administrator."
    if rank is not None and account is not None and _RANKS.get(account.role, 0) > rank:
        return f"it has higher rights than {login} has", "Log in as an administrator of at least its rights."
    if rank == max(_RANKS.values()) or work.license_status.is_expired:
        return (
            "it takes no such change now",
            "Its license may have ended: see 'kconsole license', or the server's own administration.",
        )
    return (
        f"{login} has no right to do that to it",
        "Log in as somebody who may; an account administrator only may change accounts of his own domain.",
    )
