"""Kerio Connect as a provider of kconsole, and a session with one of its servers as a `MailServer`.

httpx is imported with the client, and that when a server is contacted: it takes as long as all of kconsole to start.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from kconsole.core.errors import BadInput
from kconsole.core.identity import canonical_address
from kconsole.core.records import Entry
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import USUAL_TIMEOUTS, Answer, Capabilities, Flag, Progress, ServerState, Step, Timeouts
from kconsole.providers.kerio.assumptions import CAPABILITIES, PAGE
from kconsole.providers.kerio.settings import check_settings

if TYPE_CHECKING:
    from kconsole.providers.kerio.client import KerioClient
    from kconsole.providers.kerio.state import Stop


class KerioMailServer:
    """A session with a Kerio Connect server."""

    def __init__(self, client: "KerioClient", stop: "Stop") -> None:
        self.client = client
        self._stop = stop
        self.page = PAGE
        """Rows that are asked for at a time."""
        self._users: dict[str, dict[str, Entry]] = {}
        """By the id of a domain that was read whole, its users by their ids."""

    @property
    def access(self) -> ServerAccess:
        return self.client.access

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def read(self, progress: Callable[[Progress], None] | None = None) -> ServerState:
        from kconsole.providers.kerio.state import read_state

        return read_state(self.client, self._stop, self.page, progress)

    def started(self) -> datetime | None:
        from kconsole.providers.kerio.errors import AnswerStrange, CallRefused
        from kconsole.providers.kerio.reading import start

        try:
            found = start(self.client)
        except (CallRefused, AnswerStrange):
            return None
        return None if found is None else found.at

    def apply(self, step: Step) -> Answer:
        from kconsole.providers.kerio.writing import apply

        self._users.clear()
        return apply(self.client, step)

    def find(self, domain_id: str, login: str, server_id: str = "") -> Entry | None:
        from kconsole.providers.kerio.errors import CallRefused
        from kconsole.providers.kerio.pages import USERS, Pages
        from kconsole.providers.kerio.reading import Noticed, find_user, user_reader

        try:
            user = find_user(self.client, domain_id, login)
            if not server_id or (user is not None and user.server_id == server_id):
                return user
            if domain_id not in self._users:
                users = Pages(self.client).all_of(USERS, user_reader("", Noticed()), domain_id)
                self._users[domain_id] = {user.server_id: user for user in users}
            return self._users[domain_id].get(server_id)
        except CallRefused as refused:
            if refused.reason != "not-there":
                raise
            return None  # the domain is gone, and its users with it

    def find_alias(self, domain_id: str, login: str, deliver_to: str) -> Entry | None:
        from kconsole.providers.kerio.errors import CallRefused
        from kconsole.providers.kerio.pages import ALIASES, Pages
        from kconsole.providers.kerio.reading import other_reader

        wanted = canonical_address(login), (canonical_address(deliver_to),)
        try:
            aliases = Pages(self.client).all_of(ALIASES, other_reader("alias", ""), domain_id)
        except CallRefused as refused:
            if refused.reason != "not-there":
                raise
            return None
        found = ((canonical_address(each.address), tuple(map(canonical_address, each.delivers_to))) for each in aliases)
        return next((alias for alias, names in zip(aliases, found, strict=True) if names == wanted), None)


class KerioProvider:
    """The way to Kerio Connect servers."""

    def check(self, access: ServerAccess) -> None:
        check_settings(access)

    @contextlib.contextmanager
    def connected(
        self, access: ServerAccess, secret: Secret, cancel: Flag | None = None, timeouts: Timeouts = USUAL_TIMEOUTS
    ) -> Iterator[KerioMailServer]:
        check_settings(access)
        if not secret:
            raise BadInput("password-missing", "give-the-login-password", user=access.user)
        from kconsole.providers.kerio.client import KerioClient
        from kconsole.providers.kerio.state import Stop

        stop = Stop(cancel)
        client = KerioClient(access, timeouts, stop)
        try:
            client.log_in(secret)
            yield KerioMailServer(client, stop)
        finally:
            client.close()

    def prepare(self) -> None:
        for module in ("client", "state", "writing"):
            import_module(f"kconsole.providers.kerio.{module}")


KERIO: Final = KerioProvider()
