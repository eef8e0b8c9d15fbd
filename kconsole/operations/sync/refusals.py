"""Why the server refused a change."""

from typing import Any, Final

from kconsole.core.codes import short
from kconsole.core.records import Entry, fold
from kconsole.core.server import PendingChange, Target
from kconsole.operations.base import OperationContext, Outcome
from kconsole.providers.base import Capabilities, Denied

NOTHING_CHANGED: Final = "nothing-changed-there-or-here"
SHOWS_STATE: Final = "sync-shows-state"
"""The hint after a change whose result is not known."""


def denied(
    answer: Denied,
    pending: PendingChange,
    target: Target,
    account: Entry | None,
    context: OperationContext,
    capabilities: Capabilities,
) -> Outcome:
    """The outcome for an account that the server refused to change, with the likely rule behind it.

    Args:
        answer: the server's.
        pending: the change.
        target: the account.
        account: as the store knows it; None for a new one.
        context: of the operation.
        capabilities: of the server.
    """
    said = answer.said.replace(target.server_id, target.address) if target.server_id else answer.said
    params: dict[str, Any] = {"said": short(said).rstrip(".")}
    code = f"denied-{answer.reason}"
    if answer.reason == "no-right":
        code = _rule_of(target.address, account, context, capabilities)
        params["login"] = "" if context.state.server is None else context.state.server.access.user
    elif answer.reason == "not-there" and pending.operation == "add":
        code, params["domain"] = "denied-domain-gone", target.domain
    elif answer.reason == "not-there" and pending.transfer_to:
        code, params["heir"] = "denied-not-there-or-heir", pending.transfer_to
    return Outcome(target.address, "refused", code, f"after-{code}", params)


def _rule_of(address: str, account: Entry | None, context: OperationContext, capabilities: Capabilities) -> str:
    """Which rule made the server deny the right, as far as that is known: a code.

    Administrators cannot disable or delete themselves, nor accounts of higher rights.
    """
    server = context.state.server
    if server is None:
        return "denied-no-right"
    login = server.access.user
    own = login if "@" in login else f"{login}@{context.state.primary_domain}"
    if fold(own) == fold(address):
        return "denied-own-account"
    if server.role == "auditor":
        return "denied-auditor"
    ranks = capabilities.ranks
    rank = ranks.get(server.role)
    if rank is not None and account is not None and ranks.get(account.role, 0) > rank:
        return "denied-higher-rights"
    if rank == max(ranks.values()) or context.license_status.is_expired:
        return "denied-license-ended"
    return "denied-no-right-to-it"
