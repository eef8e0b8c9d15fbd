"""Who may come in: by the host that is asked for, the page that asks, and a token or the name that a proxy vouches for.

A browser sends a request wherever any page wants it to, also to this machine. So the loopback interface is no wall:
what counts is the Host, which a page of another name cannot choose, and the Origin, which no page can.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

TOKEN_LIFE: Final = 600.0
"""Seconds for which a link can be opened, once."""

VISIT_LIFE: Final = 12 * 3600.0
"""Seconds after which a browser needs another link."""

NAME_HEADER: Final = "X-Remote-User"
ADDRESS_HEADER: Final = "X-Forwarded-For"

NO_ADDRESS: Final = "unix"
"""The address of who comes by a socket of the file system, if no proxy names another."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

TOP_LEVEL: Final = ("navigate", "document")
"""Sec-Fetch-Mode and -Dest of a page that a user opens, wherever the link to it was."""


class Headers(Protocol):
    """The headers of a request, by names of any case."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """All values of a header."""


class TurnedAway(Exception):
    """A request is refused."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Visitor(NamedTuple):
    """Who is behind a request."""

    operator: str
    address: str
    """Where they come from, as the connection or the proxy says."""


class Rules(NamedTuple):
    """What a request must be like."""

    origins: tuple[str, ...]
    """The addresses of the page: scheme, host and port, as browsers write them."""
    proxies: frozenset[str] = frozenset()
    """The addresses that alone may connect; empty for all."""
    is_socket: bool = False
    """Whether only those connect who may open a socket of the file system."""
    by_header: bool = False
    """Whether the proxy names the operator; else a token does."""

    @property
    def has_proxy(self) -> bool:
        """Whether what the headers say of users is the word of a proxy."""
        return self.is_socket or bool(self.proxies)


class Gate:
    """Lets requests in.

    Args:
        rules: what they must be like.
        is_operator: whether the roles file names an operator.
        clock: gives the time, in seconds.
    """

    def __init__(
        self, rules: Rules, is_operator: Callable[[str], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rules, self._is_operator, self._clock = rules, is_operator, clock
        self._tokens: dict[str, tuple[str, float]] = {}
        self._visits: dict[str, tuple[str, float]] = {}

    def links(self, operators: Iterable[str]) -> dict[str, str]:
        """A link for each operator, to be opened once. Those of before are void."""
        until = self._clock() + TOKEN_LIFE
        tokens = {secrets.token_urlsafe(32): operator for operator in operators}
        self._tokens = {token: (operator, until) for token, operator in tokens.items()}
        # The token is behind a '#', which browsers keep to themselves: no proxy writes it into its log.
        return {operator: f"{self._rules.origins[0]}/login#{token}" for token, operator in tokens.items()}

    def origin(self, peer: str, headers: Headers, needs_origin: bool = False) -> str:
        """The origin that a request is for.

        Browsers send no Origin when they open a page: whether another page made them, is in Sec-Fetch-Site.

        Raises:
            TurnedAway: it comes from elsewhere.
        """
        rules = self._rules
        if rules.proxies and not rules.is_socket and _plain_address(peer) not in rules.proxies:
            raise TurnedAway(403, "web-not-by-proxy")
        hosts = headers.getall("Host", [])
        here = next((each for each in rules.origins if [urlsplit(each).netloc] == [*map(str.lower, hosts)]), None)
        if here is None:
            raise TurnedAway(403, "web-foreign-host")
        origins = headers.getall("Origin", [])
        if origins != [here] and (origins or needs_origin):
            raise TurnedAway(403, "web-foreign-origin")
        site, mode, destination = (_only(headers, f"Sec-Fetch-{each}") for each in ("Site", "Mode", "Dest"))
        if site not in ("", "none", "same-origin") and (needs_origin or (mode, destination) != TOP_LEVEL):
            raise TurnedAway(403, "web-foreign-origin")
        return here

    def admit(self, token: str) -> str:
        """The value of a cookie, for a token that is used up with this.

        Raises:
            TurnedAway: it was used, or is none.
        """
        operator, until = self._tokens.pop(token, ("", 0.0))
        if not operator or self._clock() >= until:
            raise TurnedAway(403, "web-token-used")
        now = self._clock()
        self._visits = {cookie: visit for cookie, visit in self._visits.items() if visit[1] > now}
        cookie = secrets.token_urlsafe(32)
        self._visits[cookie] = operator, now + VISIT_LIFE
        return cookie

    def visitor(self, peer: str, headers: Headers, cookie: str) -> Visitor:
        """Who asks.

        Raises:
            TurnedAway: it is not known.
        """
        if self._rules.by_header:
            names = headers.getall(NAME_HEADER, [])
            operator = names[0] if len(names) == 1 and NAME.fullmatch(names[0]) else ""
            if not operator or not self._is_operator(operator):
                raise TurnedAway(403, "web-unknown-operator")
        else:
            operator, until = self._visits.get(cookie, ("", 0.0))
            if not operator or self._clock() >= until:
                raise TurnedAway(401, "web-needs-link")
        return Visitor(operator, self._address(peer, headers))

    def _address(self, peer: str, headers: Headers) -> str:
        """Where a user is: the last address that was forwarded, as the proxy itself wrote that one."""
        if self._rules.has_proxy:
            forwarded = ",".join(headers.getall(ADDRESS_HEADER, [])).rpartition(",")[2]
            return _plain_address(forwarded.strip()) or _plain_address(peer) or NO_ADDRESS
        return _plain_address(peer)


def _only(headers: Headers, name: str) -> str:
    values = headers.getall(name, [])
    return values[0] if len(values) == 1 else ",".join(values)


def _plain_address(text: str) -> str:
    """An IP address, as it is written without a zone; empty if it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def cookie_name(origin: str) -> str:
    """The name of the cookie at an origin.

    Browsers keep cookies by host, so the port is in the name: servers of other stores have theirs. Behind TLS, a
    browser takes a name with this start from this host itself only.
    """
    parts = urlsplit(origin)
    name = f"kconsole-{parts.port or parts.scheme}"
    return f"__Host-{name}" if parts.scheme == "https" else name


def origin_of(url: str) -> str | None:
    """The origin of a page, as browsers write it; None if it is more than that, or no web address."""
    try:
        parts = urlsplit(url.removesuffix("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    usual = {"http": 80, "https": 443}
    if parts.scheme not in usual or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host) or parts.username is not None:
        return None
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + ("" if port in (None, usual[parts.scheme]) else f":{port}")
