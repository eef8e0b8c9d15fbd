"""Changes the server on behalf of a session: logs in, recovers what is unconfirmed, then pushes one operation."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from kconsole.core.codes import Message, message
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation
from kconsole.operations.server_errors import named_meanwhile, server_of
from kconsole.operations.session import Session
from kconsole.operations.sync.push import push
from kconsole.operations.sync.recover import recover
from kconsole.operations.sync.requests import NOTHING_CHANGED
from kconsole.providers.base import USUAL_TIMEOUTS, Flag, MailServer, ServerRefused, Timeouts, provider_of


@dataclass(frozen=True)
class Writer:
    """Logs in for each operation.

    Args:
        secret: the password to the server.
        cancel: set when the user cancels; what was sent before may be applied or not.
        access: the server that the password belongs to; if the store follows another one by then, that does not
            receive the password. None for the server that the session knows at the beginning.
        timeouts: of connecting and of each call.
        recovered: called with what became of unconfirmed changes, if there were any.
    """

    secret: Secret
    cancel: Flag | None = None
    access: ServerAccess | None = None
    timeouts: Timeouts = USUAL_TIMEOUTS
    recovered: Callable[[Done], None] | None = None

    def do(self, session: Session, operation: Operation) -> Done:
        """Apply an operation on the server, and then in the store; unconfirmed changes are recovered first.

        Raises:
            NotFound: the store follows no server any more.
            Refused, SourceAway, HalfDone: as `push`; or the store follows another server than the password is for.
            ReadOnly: the store was opened read-only.
            StoreBusy: another process is changing the server.
        """
        is_pushed = False
        try:
            with session.store.lease("server"), self.connected(session) as mail:
                done = recover(session, mail)
                if done is not None and self.recovered is not None:
                    self.recovered(done)
                is_pushed = True
                return push(session, operation, mail)
        except (SourceAway, ServerRefused) as error:
            if not is_pushed:
                error.effect = Message(NOTHING_CHANGED)
                pending_changes = session.state.pending_changes.values()
                addresses = [target.address for pending in pending_changes for target in pending.targets]
                if addresses:
                    error.details = (*error.details, message("unconfirmed-first", addresses=addresses))
            raise

    def connected(self, session: Session) -> AbstractContextManager[MailServer]:
        """A session with the server that the store follows now; raises Refused if the password is for another one."""
        before = session.state.server
        meant = self.access or (None if before is None else before.access)
        session.catch_up()
        server = server_of(session.state)
        if meant is not None and server.access != meant:
            raise named_meanwhile(server)
        return provider_of(server.access).connected(server.access, self.secret, self.cancel, self.timeouts)
