"""Who asks the live server for what is done there, on behalf of a session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kconsole.core.codes import Message, message
from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation
from kconsole.operations.sync.push import write
from kconsole.operations.sync.recover import recover
from kconsole.operations.sync.refusals import named_meanwhile, no_server
from kconsole.operations.sync.requests import NOTHING
from kconsole.providers.kerio.connection import CALL_TIMEOUT, CONNECT_TIMEOUT, connected
from kconsole.providers.kerio.errors import ServerRefused

if TYPE_CHECKING:
    import threading

    from kconsole.operations.session import Session
    from kconsole.providers.kerio.client import KerioClient


@dataclass(frozen=True)
class Writer:
    """Logs in for each deed, and asks.

    Args:
        secret: the password to the server.
        cancel: is set when nobody waits any more; what was sent until then may be done or not.
        access: whose password that is; if the store follows another server by then, it is not told that. None for the
            server that the session knows when it begins.
        connect_timeout: seconds until the server must have answered at all.
        call_timeout: seconds until it must have answered a call.
        told: is told what came of what was open, where something was.
    """

    secret: Secret
    cancel: "threading.Event | None" = None
    access: ServerAccess | None = None
    connect_timeout: float = CONNECT_TIMEOUT
    call_timeout: float = CALL_TIMEOUT
    told: "Callable[[Done], None] | None" = None

    @contextmanager
    def connected(self, session: "Session") -> "Iterator[KerioClient]":
        """A line to the server that a session follows, whoever else may have named it; for who is alone at it.

        Raises:
            NotFound: it follows none.
            Refused: it follows another one than when somebody gave the password.
            SourceAway: as `sources.kerio_api.connection.connected`.
        """
        before = session.state.server
        meant = self.access or (None if before is None else before.access)
        session.catch_up()
        server = session.state.server
        if server is None:
            raise no_server()
        if meant is not None and server.access != meant:
            raise named_meanwhile(server)
        with connected(
            server.access,
            self.secret,
            self.cancel,
            connect_timeout=self.connect_timeout,
            call_timeout=self.call_timeout,
        ) as line:
            yield line

    def do(self, session: "Session", operation: Operation) -> Done:
        """Do a deed on the server that a session follows, and then in its store; what was open is settled first.

        Raises:
            Refused, SourceAway, HalfDone: as `write`.
            ReadOnly: nothing may be changed.
            StoreBusy: another process is asking the server for something.
        """
        is_asked = False
        try:
            with session.store.alone_at_server(), self.connected(session) as line:
                settled = recover(session, line)
                if settled is not None and self.told is not None:
                    self.told(settled)
                is_asked = True
                return write(session, operation, line, getattr(operation, "password", None))
        except (SourceAway, ServerRefused) as error:
            if not is_asked:
                error.effect = Message(NOTHING)
                if session.state.pending_changes:
                    addresses = [
                        target.address for each in session.state.pending_changes.values() for target in each.targets
                    ]
                    before = message("first-the-server-has-to-say", addresses=addresses)
                    error.details = (*error.details, before)
            raise
