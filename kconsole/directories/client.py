"""LdapClient: a connection to a directory's server.

ldap3 speaks LDAP. Only code that asks a directory imports this module, because ldap3 takes as long to import as all of
kconsole takes to start. This module adds what ldap3 lacks: no password stays in an object or an exception, every answer
has a time limit, and every failure has a code.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from kconsole.core.codes import short
from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput, SourceAway
from kconsole.directories.entries import Entry
from kconsole.directories.errors import bind_failure, connection_failure, search_failure
from kconsole.directories.settings import server_address
from kconsole.directories.sockets import (
    GuardedSocket,
    LDAPExceptionError,
    LDAPSessionTerminatedByServerError,
    OneAddress,
    Tls,
    ldap3,
    parse_dn,
    parse_filter,
)
from kconsole.net.secrets import Secret
from kconsole.net.tls import NotTrusted, Trust, certificate_of, distrust, trust_of
from kconsole.net.trust import Certificate

_PAGED: Final = "1.2.840.113556.1.4.319"
_NO_ATTRIBUTES: Final = "1.1"
_NO_STARTTLS: Final = frozenset({1, 2, 52, 53})
"""Results of a server without StartTLS: operations error, protocol error, unavailable, unwilling to perform."""

_ACTIVE_DIRECTORY: Final = "1.2.840.113556.1.4.800"
_T = TypeVar("_T")


class Page(NamedTuple):
    """One answer to a search."""

    entries: list[Entry]
    references: int
    """References to other servers; they are not followed."""
    cookie: bytes
    """Asks for the next page; empty if this was the last."""


class LdapClient:
    """A connection to a directory's server. Every request ends in an answer or in `SourceAway`."""

    def __init__(self, directory: Directory, connect_timeout: float, answer_timeout: float) -> None:
        self.certificate: Certificate | None = None
        """The server's certificate; None without encryption."""
        self._directory = directory
        self._address = server_address(directory.url)
        self._trust, self.verified_by = trust_of(directory)
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout
        self._secret: Secret | None = None
        self._connection: Any = None

    def open(self) -> None:
        """Connect, start TLS and check the certificate. No name and no password is sent.

        Raises:
            SourceAway: the server cannot be reached or is not trusted.
        """
        distrusted: NotTrusted | None = None
        try:
            self._request(lambda: self._connect(self._trust))
        except NotTrusted as error:
            distrusted = error
        if distrusted is not None:
            raise distrust(self._directory, self._directory.url, self._address.host, distrusted, self._look)
        wrapped = self._connection.socket.inner
        if isinstance(wrapped, ssl.SSLSocket):
            self.certificate = certificate_of(wrapped)
        else:
            self.verified_by = "unchecked"

    def bind(self, secret: Secret | None) -> None:
        """Log in as the directory's `bind_as`, or anonymously without a password.

        Raises:
            SourceAway: the server refuses the login.
        """
        self._secret = secret
        try:
            self._request(self._bind)
        finally:
            # A printed ldap3 connection shows its password, and ldap3 does not need it any more.
            self._connection.password = self._connection.request = None
        code, said = self._result()
        if code != 0:
            raise bind_failure(self._directory, code, said)

    def page(self, base: str, filter_: str, attributes: Sequence[str], size: int, cookie: bytes) -> Page:
        """Read one page of the entries below a base that match a filter.

        Raises:
            SourceAway: the server does not answer, or refuses the search.
        """
        self._request(
            lambda: self._connection.search(
                base,
                filter_,
                search_scope=ldap3.SUBTREE,
                attributes=list(attributes) or [_NO_ATTRIBUTES],
                paged_size=size,
                paged_cookie=cookie or None,
            )
        )
        return self._request(lambda: self._page_of(base))

    def product(self) -> str:
        """The server's product and version; empty if the server does not say."""
        names = ["vendorName", "vendorVersion", "supportedCapabilities", "objectClass"]
        try:
            self._request(
                lambda: self._connection.search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=names)
            )
            values = self._request(lambda: [_entry(found).values for found in self._connection.response])
        except SourceAway:
            return ""  # the test of the connection has its result without this
        said = values[0] if values else {}
        vendor = b" ".join(value for name in names[:2] for value in said.get(name.lower(), [])[:1])
        if vendor:
            return short(vendor.decode(errors="replace"))
        if _ACTIVE_DIRECTORY.encode() in said.get("supportedcapabilities", []):
            return "Active Directory"
        return "OpenLDAP" if b"OpenLDAProotDSE" in said.get("objectclass", []) else ""

    def close(self) -> None:
        """Close the connection, whatever its state. A request under way is abandoned."""
        if self._connection is not None:
            _close(self._connection)

    def _connect(self, trust: Trust) -> None:
        """Connect to the first of the server's addresses that answers, and check its certificate."""
        tls = Tls(trust, self._address.host, self._connect_timeout, self._answer_timeout)
        found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        last: Exception = OSError("it has no address")
        for address in found:
            self._connection = ldap3.Connection(
                OneAddress(self._address, address, tls, self._connect_timeout),
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                return_empty_attributes=False,
            )
            guarded: GuardedSocket | None = None
            try:
                self._connection.open(read_server_info=False)
                if self._address.scheme == "ldap":
                    guarded = self._connection.socket = GuardedSocket(self._connection.socket, self._answer_timeout)
                    self._start_tls()
            except Exception as error:
                _close(self._connection)
                last = tls.error or (guarded and guarded.error) or error
                if guarded is not None or tls.error is not None:
                    break  # this address answered: the next one is the same server
            else:
                return
        raise last

    def _start_tls(self) -> None:
        """Ask for encryption. Only insecure settings allow the connection to go on without it."""
        try:
            self._connection.start_tls(read_server_info=False)
        except LDAPExceptionError:
            result = (self._connection.result or {}).get("result")
            if result not in _NO_STARTTLS:
                raise
            if not self._directory.insecure:
                raise SourceAway("no-encryption", "try-ldaps", url=self._directory.url) from None

    def _bind(self) -> None:
        connection, secret = self._connection, self._secret
        connection.socket.begin()
        if secret is not None:
            connection.user, connection.authentication = self._directory.bind_as, ldap3.SIMPLE
            connection.password = secret.reveal()
        connection.bind(read_server_info=False)

    def _page_of(self, base: str) -> Page:
        answers, done = self._connection.response, self._connection.result
        code, said = self._result()
        if code != 0 or done["type"] != "searchResDone":
            raise search_failure(self._directory, base, code, said)
        entries = [_entry(answer) for answer in answers if answer["type"] == "searchResEntry"]
        references = sum(answer["type"] == "searchResRef" for answer in answers)
        control = done.get("controls", {}).get(_PAGED)
        return Page(entries, references, bytes(control["value"]["cookie"] or b"") if control else b"")

    def _result(self) -> tuple[int, str]:
        """Take the result of the last request, and the server's words unless they repeat the password."""
        result = self._connection.result
        self._connection.result = self._connection.response = None
        text = str(result.get("message") or "").strip("\0 \t\r\n")
        if self._secret is not None and self._secret.reveal() in text:
            text = ""
        return int(result["result"]), short(text)

    def _request(self, ask: Callable[[], _T]) -> _T:
        """Run a request, and turn every error into ours.

        The error of ldap3 is dropped before ours is raised, because its frames hold what was sent, the password too.

        Raises:
            SourceAway: there was no answer, or none that can be read.
            NotTrusted: the server's certificate is not trusted.
        """
        ours: SourceAway | NotTrusted
        guarded = getattr(self._connection, "socket", None)
        if isinstance(guarded, GuardedSocket):
            guarded.begin()
        try:
            return ask()
        except (SourceAway, NotTrusted) as error:
            ours = error.with_traceback(None)
            ours.__context__ = None
        except Exception as error:  # ldap3 raises anything when it decodes a broken answer
            cause = guarded.error if isinstance(guarded, GuardedSocket) and guarded.error is not None else error
            if isinstance(cause, LDAPSessionTerminatedByServerError):
                cause = ConnectionAbortedError()
            ours = connection_failure(self._directory, self._address, cause)
        raise ours

    def _look(self, trust: Trust) -> Certificate:
        """Connect a second time with other trust, only to read the certificate."""
        look = LdapClient(self._directory, self._connect_timeout, self._answer_timeout)
        try:
            look._request(lambda: look._connect(trust))
            return certificate_of(look._connection.socket.inner)
        finally:
            look.close()


def check_base(base: str) -> None:
    """Raise BadInput unless a base is a distinguished name."""
    if not base.strip():
        raise BadInput("base-missing", "base-example")
    valid = False
    with contextlib.suppress(LDAPExceptionError, ValueError, IndexError):
        valid = bool(parse_dn(base)) and "\0" not in base
    if not valid:
        raise BadInput("base-invalid", "base-example", base=short(base))


def check_filter(filter_: str) -> None:
    """Raise BadInput unless ldap3 can parse a filter."""
    valid = False
    with contextlib.suppress(LDAPExceptionError, ValueError, IndexError):
        valid = bool(parse_filter(filter_, None, True, True, None, False))
    if not valid:
        raise BadInput("filter-unparseable", "filter-example", filter=short(filter_))


def _entry(answer: dict[str, Any]) -> Entry:
    """An entry with the names of its attributes in lower case; values without an option come first."""
    values: dict[str, list[bytes]] = {}
    for name, found in answer["raw_attributes"].items():
        plain, option, _ = name.lower().partition(";")
        if found:
            values[plain] = [*values.get(plain, []), *found] if option else [*found, *values.get(plain, [])]
    return Entry(answer["dn"], values)


def _close(connection: Any) -> None:
    """Close a connection of ldap3, with the socket that it keeps when opening has failed."""
    connection.password = connection.request = None
    with contextlib.suppress(Exception):
        if connection.bound and not connection.closed:
            connection.unbind()
    with contextlib.suppress(Exception):
        if connection.socket is not None:
            connection.socket.close()
