"""Addresses of stores in PostgreSQL: `postgresql://[USER@]HOST[:PORT]/DATABASE[?store=NAME]`, or `postgresql:SERVICE`.

They are those of libpq, and so are its files for what is secret: no address has a password.
"""

import os
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from kconsole.core.errors import BadInput

_SCHEMES: Final = ("postgresql:", "postgres:")
_SECRET: Final = ("password", "sslpassword", "passfile")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_STORE: Final = "kconsole"
"""The name of the store in a database, where the address names none."""


def is_database(address: object) -> bool:
    """Whether this is the address of a store in a database."""
    return isinstance(address, str) and address.lower().startswith(_SCHEMES)


class DatabaseAddress(NamedTuple):
    """An address in its parts."""

    shown: str
    """As a person wrote it."""
    conninfo: str
    """What libpq is given."""
    store: str
    service: str = ""
    host: str = ""

    @property
    def digest(self) -> str:
        """A name for it, whatever the login, in the cache of a user."""
        scheme, _, rest = self.conninfo.partition("//")
        before, _, path = rest.partition("/")
        where = f"{scheme}//{before.rpartition('@')[2]}/{path} {self.store}"
        return sha256(where.encode()).hexdigest()[:32]

    def is_on_this_host(self) -> bool:
        """Whether what libpq will connect to is on this machine, as far as that is known without connecting."""
        hosts = [self.host or _default("host", self.service) or "", _default("hostaddr", self.service) or ""]
        each = ",".join(hosts).split(",")
        return all(not host or host.startswith(("/", "@")) or host.lower() in _LOCAL for host in each)

    def has_chosen_tls(self) -> bool:
        """Whether address, environment or service say how the server is to be known."""
        is_said = "sslmode=" in self.conninfo
        return is_said or _default("sslmode", self.service) not in (None, "", "prefer")


def parse(address: str) -> DatabaseAddress:
    """The parts of an address.

    Raises:
        BadInput: it is none, or has a password.
    """
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        has_password = parts.password is not None or any(name in _SECRET for name, _ in query)
        host = ",".join(filter(None, [parts.hostname, *(text for name, text in query if name in ("host", "hostaddr"))]))
    except ValueError:
        raise BadInput("database-address", "address-like-this") from None
    if has_password:
        raise BadInput("password-in-address", "password-to-libpq")
    store = next((text for name, text in query if name == "store"), _STORE)
    rest = [each for each in query if each[0] != "store"]
    service = next((text for name, text in rest if name == "service"), "")
    if not store or len(store) > 60 or not store.isprintable() or ":" in store or parts.fragment:
        raise BadInput("database-address", "address-like-this")
    if address.partition(":")[2].startswith("//"):
        conninfo = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(rest), ""))
        return DatabaseAddress(address, conninfo, store, service, unquote(host))
    if not parts.path or rest:
        raise BadInput("database-address", "address-like-this")
    service = unquote(parts.path)
    return DatabaseAddress(address, f"postgresql:///?{urlencode([('service', service)])}", store, service)


def _default(keyword: str, service: str) -> str | None:
    """What libpq takes where an address says nothing: of the service's file, or the environment."""
    from psycopg.pq import Conninfo

    before = os.environ.get("PGSERVICE")
    try:
        if service:
            os.environ["PGSERVICE"] = service
        found = {option.keyword: option.val for option in Conninfo.get_defaults()}.get(keyword.encode())
    finally:
        if service:
            os.environ.pop("PGSERVICE")
            os.environ.update({} if before is None else {"PGSERVICE": before})
    return None if found is None else found.decode(errors="replace")
