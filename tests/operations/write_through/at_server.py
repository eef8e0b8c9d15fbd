"""Changes at a server that a store follows."""

from kconsole.core.server import Server
from kconsole.core.server import ServerAccess as Access
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation
from kconsole.operations.history import LogQuery
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer
from tests.kerio_server.server import KerioServer
from tests.under_kerio import evaluate

ANNA, BERG, CHEN = "anna@north.example", "berg@north.example", "chen@south.example"


def follow(session: Session, mail: KerioServer, user: str = "") -> None:
    access = Access(url=mail.url, user=user or mail.user, fingerprint=mail.fingerprint)
    session.do(AddServer(Server(name="mail", access=access)))
    read(session, mail)


def read(session: Session, mail: KerioServer) -> Done:
    begun = begin_reading(session)
    return session.do(Sync(read_server(begun.access, Secret(mail.password)), begun=begun))


def writer(mail: KerioServer) -> Writer:
    return Writer(Secret(mail.password))


def do(session: Session, mail: KerioServer, operation: Operation) -> Done:
    done = session.do(operation, writer(mail))
    assert session.seats.report() == evaluate(session.state.inventory)
    return done


def operations(session: Session) -> list[str]:
    return [commit.operation for commit in session.history.log(LogQuery())]


def state(session: Session, mail: KerioServer) -> tuple[dict[str, bool], dict[str, bool]]:
    """Who is enabled, here and there."""
    here = {entry.address: entry.enabled for entry in session.state.live_entries() if entry.is_account}
    world = mail.world
    return here, {world.address(user): user.enabled for user in world.users.values()}
