"""LdapClient: a connection to a directory's server.

ldap3 speaks LDAP. Only code that asks a directory imports this module, because ldap3 takes as long to import as all of
kconsole takes to start. This module adds what ldap3 lacks: no password stays in an object or an exception, every answer
has a time limit, and every failure has a code.
"""

import contextlib
import re
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar

from kconsole.core.codes import message, short
from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput, SourceAway
from kconsole.directories.entries import Entry, some_value
from kconsole.directories.errors import StrangeAnswer, bind_failure, connection_failure, search_failure
from kconsole.directories.settings import server_address
from kconsole.net.deadlines import Deadline, Flag, WaitCancelled
from kconsole.net.secrets import Secret
from kconsole.net.settings import Certificate
from kconsole.net.tls import NotTrusted, Trust, certificate_of, distrust, trust_of

with warnings.catch_warnings():  # ldap3 uses old names of pyasn1
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3 as ldap3  # tests use it too
    from ldap3.core.exceptions import LDAPExceptionError, LDAPSessionTerminatedByServerError, LDAPStartTLSError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of one answer that are read."""

_AT_ONCE: Final = 64 * 1024
_SEQUENCE: Final = 0x30
"""The first byte of every LDAP message."""

_PAGED: Final = "1.2.840.113556.1.4.319"
_NO_ATTRIBUTES: Final = "1.1"
_STARTTLS: Final = "1.3.6.1.4.1.1466.20037"
_STARTTLS_REQUEST: Final = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _STARTTLS.encode()
_PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105  # the number of a control
_NO_ANSWER: Final = frozenset({"connection-cut", "answer-late", "tls-failed", "not-a-directory"})
"""Failures to connect that may come from the wrong scheme for the port."""

_GLANCE: Final = 2.0
"""Seconds to find out whether a port answers under the other scheme."""

_NO_STARTTLS: Final = frozenset({1, 2, 52, 53})
"""Results of a server without StartTLS: operations error, protocol error, unavailable, unwilling to perform."""

_ACTIVE_DIRECTORY: Final = b"1.2.840.113556.1.4.800"
_ROOT: Final = ("vendorName", "vendorVersion", "supportedCapabilities", "supportedControl", "objectClass")
_NOT_READABLE: Final = frozenset({8, 13, 32, 48, 49, 50})
"""Results of a comparison that is not allowed: a login or encryption is required, not shown, no right."""
_COMPARED: Final = frozenset({5, 6, 16, 17})
"""Results of a comparison that is allowed: false, true, no such attribute here, no such attribute on this server."""
_T = TypeVar("_T")


class Page(NamedTuple):
    """One answer to a search."""

    entries: list[Entry]
    references: int
    """References to other servers; they are not followed."""
    cookie: bytes
    """Asks for the next page; empty if this was the last."""
    is_paged: bool = True
    """Whether the server minded the size that was asked for."""


class GuardedSocket:
    """A socket that limits time and size of an answer, and remembers its error, which ldap3 would lose.

    ldap3 waits for the rest of an answer as long as something comes, and accepts answers of any size.
    """

    def __init__(self, inner: socket.socket, timeout: float, cancel: Flag | None) -> None:
        self.inner = inner
        self.error: Exception | None = None
        self._timeout, self._cancel = timeout, cancel
        self._is_first = True
        self.begin()

    def begin(self) -> None:
        """Start the time of the next request."""
        self._deadline = Deadline(self._timeout, self._cancel)
        self._received = 0

    def recv(self, size: int) -> bytes:
        with self._remembering():
            data = None
            while data is None:
                self.inner.settimeout(self._deadline.left())
                with contextlib.suppress(TimeoutError):
                    data = self.inner.recv(
                        max(size, _AT_ONCE)
                    )  # ldap3 asks for little, and copies all it has each time
            if not data:
                raise ConnectionAbortedError("the server closed the connection")
            if self._is_first and data[0] != _SEQUENCE:
                raise StrangeAnswer(message("not-ldap"))
            self._is_first = False
            self._received += len(data)
            if self._received > LARGEST_ANSWER:
                raise StrangeAnswer(message("answer-too-large", megabytes=LARGEST_ANSWER // 1024**2))
            return data

    def sendall(self, data: bytes) -> None:
        with self._remembering():
            self.inner.settimeout(self._timeout)
            self.inner.sendall(data)

    def close(self) -> None:
        self.inner.close()

    @contextlib.contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.error = error.with_traceback(None)
            raise


class LdapClient:
    """A connection to a directory's server. Every request ends in an answer, in `SourceAway` or in `WaitCancelled`."""

    def __init__(
        self, directory: Directory, connect_timeout: float, answer_timeout: float, cancel: Flag | None = None
    ) -> None:
        self.certificate: Certificate | None = None
        """The server's certificate; None without encryption."""
        self._directory = directory
        self._address = server_address(directory.url)
        self._trust, self.verified_by = trust_of(directory)
        self._connect_timeout = connect_timeout
        self._answer_timeout, self._cancel = answer_timeout, cancel
        self._secret: Secret | None = None
        self._socket: GuardedSocket | None = None
        self._connection: Any = None
        self._is_bound = False

    def open(self) -> None:
        """Connect, start TLS and check the certificate. No name and no password is sent."""
        try:
            self.certificate = self._connected(self._trust)
        except NotTrusted as error:
            raise distrust(self._directory, self._directory.url, self._address.host, error, self._connected) from None
        except SourceAway as error:
            raise self._other_port(error) or error from None
        if self.certificate is None:
            self.verified_by = "unchecked"

    def bind(self, secret: Secret | None) -> None:
        """Log in as the directory's `bind_as`, or anonymously without a password."""
        self._secret, connection = secret, self._connection
        try:
            if secret is not None:
                connection.user, connection.authentication = self._directory.bind_as, ldap3.SIMPLE
                connection.password = secret.reveal()
            controls = [(_PASSWORD_POLICY, False, None)]
            self._request(lambda: connection.bind(read_server_info=False, controls=controls))
        finally:
            # A printed ldap3 connection shows its password, and ldap3 does not need it any more.
            connection.password = connection.request = None
        policy = (self._connection.result.get("controls") or {}).get(_PASSWORD_POLICY, {}).get("value")
        code, said = self._result()
        if code != 0:
            reason = re.search(b"\x81\x01(.)", policy, re.DOTALL) if isinstance(policy, bytes) else None
            raise bind_failure(self._directory, code, said, reason[1][0] if reason else None)
        self._is_bound = True

    def page(self, base: str, filter_: str, attributes: Sequence[str], size: int, cookie: bytes) -> Page:
        """Read one page of the entries below a base that match a filter."""
        wanted = list(attributes) or [_NO_ATTRIBUTES]
        self._search(base, filter_, attributes=wanted, paged_size=size, paged_cookie=cookie or None)
        return self._request(lambda: self._page_of(base))

    def may_read(self, name: str, attribute: str) -> bool | None:
        """Whether the server lets an absent attribute of an entry be read; None if the server does not say."""
        self._request(lambda: self._connection.compare(name, attribute, some_value(attribute)))
        code, _ = self._result()
        return True if code in _COMPARED else False if code in _NOT_READABLE else None

    def base_is_shown(self, base: str) -> bool:
        """Whether the entry of the base is shown with its object class, which every entry has."""
        self._search(base, "(objectClass=*)", search_scope=ldap3.BASE, attributes=["objectClass"])
        return any(entry.values.get("objectclass") for entry in self._request(lambda: self._page_of(base)).entries)

    @property
    def is_active_directory(self) -> bool:
        """Whether the server says that it is Active Directory, as Samba does too."""
        return _ACTIVE_DIRECTORY in self._root.get("supportedcapabilities", [])

    @property
    def product(self) -> str:
        """The server's product and version; empty if the server does not say."""
        vendor = b" ".join(value for name in _ROOT[:2] for value in self._root.get(name.lower(), [])[:1])
        if vendor:
            return short(vendor.decode(errors="replace"))
        if self.is_active_directory:
            return "Active Directory"
        return "OpenLDAP" if b"OpenLDAProotDSE" in self._root.get("objectclass", []) else ""

    @cached_property
    def _root(self) -> Mapping[str, list[bytes]]:
        """What the server says of itself; empty if it says nothing."""
        self._search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=list(_ROOT))
        return self._request(lambda: next((_entry(each).values for each in self._connection.response or ()), {}))

    def close(self) -> None:
        """Close the connection, whatever its state. A request under way is abandoned."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                if self._connection.bound and not self._connection.closed:
                    self._connection.unbind()
        if self._socket is not None:
            with contextlib.suppress(Exception):
                self._socket.close()

    def _other_port(self, error: SourceAway) -> SourceAway | None:
        """The error for a port that answers under the other scheme; None if it does not. Nothing secret is sent."""
        if error.code not in _NO_ANSWER:
            return None
        scheme, host, port = self._address
        try:
            with socket.create_connection((host, port), _GLANCE) as inner:
                inner.settimeout(_GLANCE)
                if scheme == "ldap":
                    Trust(insecure=True).encrypted(inner, host).close()
                else:
                    inner.sendall(_STARTTLS_REQUEST)
                    if inner.recv(1) != bytes([_SEQUENCE]):
                        return None
        except (OSError, NotTrusted):
            return None
        code, other = ("port-speaks-tls", "ldaps") if scheme == "ldap" else ("port-speaks-plain", "ldap")
        other = self._address._replace(scheme=other).origin
        return SourceAway(code, message("use-scheme", other=other), url=self._directory.url, port=port)

    def _connected(self, trust: Trust) -> Certificate | None:
        """Connect, and start TLS with this trust; returns the server's certificate, None without encryption."""
        return self._request(lambda: self._connect(trust))

    def _connect(self, trust: Trust) -> Certificate | None:
        """Give ldap3 a socket that is connected, and whose certificate is checked.

        ldap3 would look the host up itself, hide why a connection failed, and compare names in certificates with a
        function that Python no longer has.
        """
        inner = socket.create_connection((self._address.host, self._address.port), self._connect_timeout)
        if self._address.scheme == "ldaps":
            inner = trust.encrypted(inner, self._address.host)
        self._socket = GuardedSocket(inner, self._answer_timeout, self._cancel)
        self._connection = ldap3.Connection(
            ldap3.Server(self._address.bracketed, get_info=ldap3.NONE),
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            return_empty_attributes=False,
        )
        self._connection.socket, self._connection.closed, self._connection.listening = self._socket, False, True
        self._connection.strategy._outstanding = {}
        if self._address.scheme == "ldap":
            self._start_tls(self._socket, trust)
        wrapped = self._socket.inner
        return certificate_of(wrapped) if isinstance(wrapped, ssl.SSLSocket) else None

    def _start_tls(self, guarded: GuardedSocket, trust: Trust) -> None:
        """Ask for encryption. Only insecure settings allow the connection to go on without it."""
        if self._connection.extended(_STARTTLS):
            guarded.inner.settimeout(self._connect_timeout)
            guarded.inner = trust.encrypted(guarded.inner, self._address.host)
        elif self._connection.result["result"] not in _NO_STARTTLS:
            raise LDAPStartTLSError
        elif not self._directory.insecure:
            raise SourceAway("no-encryption", "try-ldaps", url=self._directory.url)

    def _search(self, base: str, filter_: str, **how: Any) -> None:
        self._request(lambda: self._connection.search(base, filter_, **how))

    def _page_of(self, base: str) -> Page:
        answers, done = self._connection.response, self._connection.result
        code, said = self._result()
        if code != 0 or done["type"] != "searchResDone":
            pages = _PAGED.encode() in self._root.get("supportedcontrol", [_PAGED.encode()])
            raise search_failure(self._directory, base, code, said, pages)
        entries = [_entry(answer) for answer in answers if answer["type"] == "searchResEntry"]
        references = sum(answer["type"] == "searchResRef" for answer in answers)
        control = done.get("controls", {}).get(_PAGED)
        return Page(entries, references, bytes(control["value"]["cookie"] or b"") if control else b"", bool(control))

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
        """
        ours: SourceAway | NotTrusted | WaitCancelled
        if self._socket is not None:
            self._socket.begin()
        try:
            return ask()
        except (SourceAway, NotTrusted) as error:
            ours = error.with_traceback(None)
            ours.__context__ = None
        except Exception as error:  # ldap3 raises anything when it decodes a broken answer
            cause = (self._socket and self._socket.error) or error
            if isinstance(cause, LDAPSessionTerminatedByServerError):
                cause = ConnectionAbortedError()
            if isinstance(cause, WaitCancelled):
                ours = WaitCancelled()
            else:
                ours = connection_failure(self._directory, self._address, cause, self._is_bound)
        raise ours


def check_base(base: str) -> None:
    """Raise BadInput unless a base is a distinguished name."""
    if not base.strip():
        raise BadInput("base-missing", "base-example")
    if "\0" in base or not _parsed(lambda: parse_dn(base)):
        raise BadInput("base-invalid", "base-example", base=short(base))


def check_filter(filter_: str) -> None:
    """Raise BadInput unless ldap3 can parse a filter."""
    if not _parsed(lambda: parse_filter(filter_, None, True, True, None, False)):
        raise BadInput("filter-unparseable", "filter-example", filter=short(filter_))


def _parsed(parse: Callable[[], object]) -> bool:
    try:
        return bool(parse())
    except (LDAPExceptionError, ValueError, IndexError):
        return False


def _entry(answer: dict[str, Any]) -> Entry:
    """An entry with the names of its attributes in lower case; values without an option come first."""
    values: dict[str, list[bytes]] = {}
    for name, found in answer["raw_attributes"].items():
        plain, option, _ = name.lower().partition(";")
        if found:
            values[plain] = [*values.get(plain, []), *found] if option else [*found, *values.get(plain, [])]
    return Entry(answer["dn"], values)
