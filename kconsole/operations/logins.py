"""A single login, as the server handles it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.errors import BadInput
from kconsole.core.moments import SKEW
from kconsole.core.records import Entry, LastLogin
from kconsole.importers.login_csv import LONGEST_PROTOCOL
from kconsole.licensing import guards
from kconsole.licensing.components import is_active_sync
from kconsole.operations.base import OperationContext, Outcome, RunsOn, missing, refusal


@dataclass(frozen=True)
class Connect:
    """Record that a user connects. The first login makes the mailbox.

    The access rule decides on the current state, also for a login at an earlier time.
    """

    name: ClassVar[str] = "connect"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    address: str
    protocol: str = ""
    at: datetime | None = None
    """When, in UTC; None for now."""
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Let the user in, or refuse under the access rule.

        Raises:
            BadInput: the time is in the future, or the protocol is too long.
        """
        at = self.at or context.now
        if at > context.now + SKEW:
            raise BadInput("login-in-future", "nothing-recorded-zone")
        if len(self.protocol) > LONGEST_PROTOCOL:
            raise BadInput("protocol-too-long", "login-not-recorded", longest=LONGEST_PROTOCOL)
        entry = context.state.entry_at(self.address) or next(iter(context.state.deleted_at(self.address)), None)
        if entry is None:
            return [missing(self.address)]
        report, is_suspended = context.seats.report_around(entry.domain), context.license_status.is_suspended
        decision = guards.may_connect(report, entry, is_suspended, context.seats.policy)
        if not decision.allowed:
            return [refusal(entry.address, decision)]
        connected = logged_in(entry, LastLogin(at, self.protocol.strip()))
        if connected == entry:
            return [Outcome(entry.address, "unchanged", "login-known")]
        context.transaction.put_entry(connected)
        return [Outcome(entry.address, "done", "logged-in" if entry.mailbox else "first-login")]


def logged_in(account: Entry, login: LastLogin) -> Entry:
    """An account after a login: it has a mailbox, and the later one of two logins is its last."""
    known = account.last_login
    return replace(
        account,
        mailbox=True,
        last_login=login if known is None or login.at > known.at else known,
        active_sync=account.active_sync or is_active_sync(login.protocol),
    )
