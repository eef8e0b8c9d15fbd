"""Changes the server on behalf of a session: logs in, recovers what is unconfirmed, then pushes one operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kconsole.core.codes import Message, message
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation
from kconsole.operations.server_errors import named_meanwhile, no_server
from kconsole.operations.session import Session
from kconsole.operations.sync.access import connected
from kconsole.operations.sync.push import push
from kconsole.operations.sync.recover import recover
from kconsole.operations.sync.refusals import NOTHING_CHANGED
from kconsole.providers.base import CALL_TIMEOUT, CONNECT_TIMEOUT, Flag, MailServer, ServerRefused


@dataclass(frozen=True)
class Writer:
    """Logs in for each operation.

    Args:
        secret: the password to the server.
        cancel: set when the user cancels; what was sent before may be applied or not.
        access: the server that the password belongs to; if the store follows another one by then, that does not
            receive the password. None for the server that the session knows at the beginning.
        connect_timeout: seconds until the server must have answered at all.
        call_timeout: seconds until it must have answered a call.
        recovered: called with what became of unconfirmed changes, if there were any.
    """

    secret: Secret
    cancel: Flag | None = None
    access: ServerAccess | None = None
    connect_timeout: float = CONNECT_TIMEOUT
    call_timeout: float = CALL_TIMEOUT
    recovered: Callable[[Done], None] | None = None

    @contextmanager
    def connected(self, session: Session) -> Iterator[MailServer]:
        """A session with the server that the store follows now. The caller holds the store's lock at the server.

        Raises:
            NotFound: the store follows none.
            Refused: it follows another one than the password is for.
            SourceAway: as `Provider.connected`.
        """
        before = session.state.server
        meant = self.access or (None if before is None else before.access)
        session.catch_up()
        server = session.state.server
        if server is None:
            raise no_server()
        if meant is not None and server.access != meant:
            raise named_meanwhile(server)
        timeouts = {"connect_timeout": self.connect_timeout, "call_timeout": self.call_timeout}
        with connected(server.access, self.secret, self.cancel, **timeouts) as mail:
            yield mail

    def do(self, session: Session, operation: Operation) -> Done:
        """Apply an operation on the server, and then in the store; unconfirmed changes are recovered first.

        Raises:
            Refused, SourceAway, HalfDone: as `push`.
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
