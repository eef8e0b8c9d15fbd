"""Who is logged in to the administration, and by which cookie and token."""

import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tests.kerio_server.errors import ApiError, not_logged_in
from tests.kerio_server.records import RANK, User, digest
from tests.kerio_server.unknowns import Role
from tests.kerio_server.world import World

SESSION_COOKIE: Final = "SESSION_CONNECT_WEBADMIN"
TOKEN_COOKIE: Final = "TOKEN_CONNECT_WEBADMIN"
ANONYMOUS: Final = "User Anonymous does not have administrator rights."

_COOKIE: Final = re.compile(rf"{SESSION_COOKIE}=(\w+)")
"""Found anywhere: some clients send back whole Set-Cookie headers, joined by commas."""


@dataclass(slots=True)
class Session:
    """One login."""

    cookie: str
    token: str
    user_id: str
    """Empty for the built-in administrator."""
    last_call: datetime

    @property
    def id(self) -> str:
        """Names it without letting anybody into it."""
        return digest(self.cookie)[:16]


class Sessions:
    """The logins of a server. They live until logout, idleness, restart, or until a test ends them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def log_in(self, name: str, password: str) -> Session:
        """A new session.

        Raises:
            ApiError: for a wrong name or password, a disabled user, and one without rights to administrate.
        """
        user = self._who(name, password)
        now = self._world.now()
        session = Session(secrets.token_hex(32), secrets.token_hex(32), user.id if user else "", now)
        with self._lock:
            most = self._world.unknowns.sessions_per_user
            same = [each for each in self._open.values() if each.user_id == session.user_id]
            for old in same[: len(same) + 1 - most] if most is not None else ():
                del self._open[old.cookie]
            self._open[session.cookie] = session
        return session

    def find(self, cookies: str, header: str | None, body: object) -> Session:
        """The session of a call, by its cookies and its token in the header or in the body.

        Raises:
            ApiError: -32001, if there is none, or if the token is not the one that belongs to it.
        """
        found = _COOKIE.search(cookies)
        if found is None:
            raise not_logged_in(ANONYMOUS)
        where = self._world.unknowns.token_in
        given = {"header": (header,), "body": (body,), "either": (header, body)}[where]
        now, idle = self._world.now(), self._world.unknowns.session_idle
        with self._lock:
            session = self._open.get(found[1])
            if session is not None and idle is not None and now - session.last_call > idle:
                del self._open[session.cookie]
                session = None
            if session is None or session.token not in given:
                raise not_logged_in()
            session.last_call = now
            return session

    def caller(self, session: Session) -> User | None:
        """Who calls; None is the built-in administrator.

        Raises:
            ApiError: -32001, if the user was deleted or disabled meanwhile.
        """
        if not session.user_id:
            return None
        user = self._world.users.get(session.user_id)
        if user is None or not user.enabled:
            self.end(session)
            raise not_logged_in()
        return user

    def end(self, session: Session) -> None:
        """Log out."""
        with self._lock:
            self._open.pop(session.cookie, None)

    def open(self) -> list[Session]:
        """Those that live."""
        with self._lock:
            return list(self._open.values())

    def end_all(self) -> None:
        """Every session is over, as after a restart."""
        with self._lock:
            self._open.clear()

    def _who(self, name: str, password: str) -> User | None:
        world = self._world
        with world.lock:
            known = digest(password)
            if world.admin_password and name.casefold() == world.admin_name.casefold():
                # A user who is called so too has to say the domain.
                if known == world.admin_password:
                    return None
                raise ApiError(*world.unknowns.login_failure)
            user = world.find(name)
            if user is not None and user.password == known and user.enabled:
                if RANK[user.role] > RANK["UserRole"]:
                    return user
                raise ApiError(world.unknowns.login_failure[0], "User %1 does not have administrator rights.", (name,))
            raise ApiError(*world.unknowns.login_failure)


def role_of(user: User | None) -> Role:
    """The role of a caller."""
    return user.role if user else "BuiltInAdmin"
