"""Who asks the live server for what is done there, on behalf of a session."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kconsole.model.errors import NotFound, Refused, SourceAway
from kconsole.model.kerio import KerioServer
from kconsole.operations.deeds import Deed, Done
from kconsole.operations.settling import settle
from kconsole.operations.write_through import NOTHING, write
from kconsole.sources.kerio_api.connection import connected
from kconsole.sources.secret import Secret

if TYPE_CHECKING:
    import threading

    from kconsole.operations.session import Session


@dataclass(frozen=True)
class Writer:
    """Logs in for each deed, and asks.

    Args:
        secret: the password to the server.
        cancel: is set when nobody waits any more; what was sent until then may be done or not.
        access: whose password that is; if the store follows another server by then, it is not told that. None where
            nobody else can have named another one.
    """

    secret: Secret
    cancel: "threading.Event | None" = None
    access: KerioServer | None = None

    def do(self, session: "Session", deed: Deed) -> Done:
        """Do a deed on the server that a session follows, and then in its store; what was open is settled first.

        Raises:
            Refused, SourceAway, HalfDone: as `write`.
            ReadOnly: nothing may be changed.
            StoreBusy: another process is asking the server for something.
        """
        server = session.server
        if server is None:
            raise NotFound("This store follows no server any more.", "Nothing was done. Try again.")
        if self.access is not None and self.access != server.access:
            raise Refused(f"{server.name} was named as another server meanwhile.", f"{NOTHING} Try again.")
        is_asked = False
        try:
            with session.alone_at_server(), connected(server.access, self.secret, self.cancel) as line:
                settle(session, line)
                is_asked = True
                return write(session, deed, line, getattr(deed, "password", None))
        except SourceAway as error:
            if not is_asked:
                error.details = (*error.details, NOTHING)
            raise
