"""A connection to a directory's server, and what goes wrong with it.

ldap3 speaks LDAP; it is imported here, and this module only where a directory is asked, since it takes as long to
import as all of kconsole takes to start. What ldap3 leaves to its user is done here: who the server is (it compares
names of hosts with functions that Python no longer has), how long an answer may take as a whole and how large it may
be, and that no password stays in an object or in an exception.
"""

import contextlib
import socket
import ssl
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from kconsole.model.directory import Directory
from kconsole.model.errors import BadInput, SourceAway
from kconsole.sources.directory_entries import Entry, short
from kconsole.sources.directory_settings import server_address
from kconsole.sources.directory_tls import (
    Anyone,
    BySignature,
    NotTrusted,
    Trust,
    check_ca_file,
    end_of,
    fingerprint_of,
    subject_of,
    trust_of,
)
from kconsole.sources.directory_troubles import StrangeAnswer, bind_trouble, search_trouble, told_trouble

with warnings.catch_warnings():  # ldap3 names parts of pyasn1 by their former names
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

__all__ = ["Line", "Page", "check_base", "check_ca_file", "check_filter"]

LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of one page, beyond which a server is not meant to be listened to."""

_PAGED: Final = "1.2.840.113556.1.4.319"
_NO_ATTRIBUTES: Final = "1.1"
_SEQUENCE: Final = 0x30
"""The byte that every LDAP message begins with."""

_NO_STARTTLS: Final = frozenset({1, 2, 52, 53})
"""Results that say that a server does not offer StartTLS: operations or protocol error, unavailable, unwilling."""

_ACTIVE_DIRECTORY: Final = "1.2.840.113556.1.4.800"
_T = TypeVar("_T")


class Password(Protocol):
    """What holds a password and lets go of it when asked."""

    def reveal(self) -> str:
        """The password."""
        ...


class Page(NamedTuple):
    """What came as one answer to a search."""

    entries: list[Entry]
    references: int
    """References to other servers, which are not followed."""
    cookie: bytes
    """What to ask for the next page with; empty if this was the last."""


class Line:
    """A connection to a directory's server. Every question ends in an answer or in `SourceAway`."""

    def __init__(self, directory: Directory, connect_timeout: float, answer_timeout: float) -> None:
        self.encrypted = False
        self.fingerprint = ""
        self.subject = ""
        self.expires: datetime | None = None
        self._directory = directory
        self._address = server_address(directory.url)
        self._trust, self.verified_by = trust_of(directory)
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout
        self._secret: Password | None = None
        self._connection: Any = None

    def open(self) -> None:
        """Reach the server, agree on encryption, and look who it is. No name and no password is sent.

        Raises:
            SourceAway: that came to nothing.
        """
        trouble: NotTrusted | None = None
        try:
            self._asked(lambda: self._reach(self._trust))
        except NotTrusted as error:
            trouble = error
        if trouble is not None:
            raise self._told_distrust(trouble)
        wrapped = self._connection.socket.inner
        if not isinstance(wrapped, ssl.SSLSocket):
            self.verified_by = "nobody"
            return
        self.encrypted = True
        self.fingerprint = fingerprint_of(wrapped)
        self.subject, self.expires = subject_of(wrapped), end_of(wrapped)

    def bind(self, secret: Password | None) -> None:
        """Say who asks, by the directory's `bind_as`, or that nobody in particular does if there is no password.

        Raises:
            SourceAway: the server does not let in who asks.
        """
        self._secret = secret
        try:
            self._asked(self._bind)
        finally:
            # Whoever prints a connection of ldap3 prints its password, and it is there for nothing from now on.
            self._connection.password = self._connection.request = None
        result = self._connection.result
        if result["result"] != 0:
            raise bind_trouble(self._directory, result["result"], self._said(result))

    def page(self, base: str, filter_: str, attributes: Sequence[str], size: int, cookie: bytes) -> Page:
        """One page of the entries below a base that pass a filter.

        Raises:
            SourceAway: the server does not answer, or not with a page.
        """
        self._asked(
            lambda: self._connection.search(
                base,
                filter_,
                search_scope=ldap3.SUBTREE,
                attributes=list(attributes) or [_NO_ATTRIBUTES],
                paged_size=size,
                paged_cookie=cookie or None,
            )
        )
        return self._asked(lambda: self._page_of(base))

    def product(self) -> str:
        """The server's product and version, if it says so to anybody; empty if not."""
        names = ["vendorName", "vendorVersion", "supportedCapabilities", "objectClass"]
        try:
            self._asked(
                lambda: self._connection.search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=names)
            )
            values = self._asked(lambda: [_entry(found).values for found in self._connection.response])
        except SourceAway:
            return ""  # what there is to know has been told by then
        said = values[0] if values else {}
        vendor = b" ".join(value for name in names[:2] for value in said.get(name.lower(), [])[:1])
        if vendor:
            return short(vendor.decode(errors="replace"))
        if _ACTIVE_DIRECTORY.encode() in said.get("supportedcapabilities", []):
            return "Active Directory"
        return "OpenLDAP" if b"OpenLDAProotDSE" in said.get("objectclass", []) else ""

    def close(self) -> None:
        """Let go of the server, whatever state the connection is in. What was asked for is abandoned with it."""
        if self._connection is not None:
            _close(self._connection)

    def _reach(self, trust: Trust) -> None:
        """Connect to the first of the server's addresses that answers, and have its certificate checked."""
        tls = _Tls(trust, self._address.host, self._connect_timeout, self._answer_timeout)
        found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        for place, address in enumerate(found):
            server = _Server(self._address, address, tls, self._connect_timeout)
            self._connection = ldap3.Connection(
                server,
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                return_empty_attributes=False,
            )
            try:
                self._connection.open(read_server_info=False)
                if not self._address.tls_at_once:
                    self._connection.socket = _Guarded(self._connection.socket, self._answer_timeout)
                    self._start_tls()
            except Exception:
                _close(self._connection)
                if tls.trouble is not None:
                    break
                if place == len(found) - 1:
                    raise
            else:
                return
        if tls.trouble is not None:
            raise tls.trouble

    def _start_tls(self) -> None:
        """Ask for encryption. Without it a connection goes on only if that was said to be good enough."""
        try:
            self._connection.start_tls(read_server_info=False)
        except LDAPExceptionError:
            result = (self._connection.result or {}).get("result")
            if result not in _NO_STARTTLS:
                raise
            if not self._directory.insecure:
                raise SourceAway(
                    f"{self._directory.url} offers no encryption: it knows no StartTLS.",
                    "Try ldaps:// in its place. Without encryption the password can be read by others on the way.",
                ) from None

    def _bind(self) -> None:
        connection, secret = self._connection, self._secret
        connection.socket.begin()
        if secret is not None:
            connection.user, connection.authentication = self._directory.bind_as, ldap3.SIMPLE
            connection.password = secret.reveal()
        connection.bind(read_server_info=False)

    def _page_of(self, base: str) -> Page:
        """The answer to the search that was just made."""
        result = self._connection.result
        if result["result"] != 0 or result.get("type") != "searchResDone":
            raise search_trouble(self._directory, base, result["result"], self._said(result))
        answers = self._connection.response
        entries = [_entry(answer) for answer in answers if answer["type"] == "searchResEntry"]
        references = sum(answer["type"] == "searchResRef" for answer in answers)
        control = result.get("controls", {}).get(_PAGED)
        return Page(entries, references, bytes(control["value"]["cookie"] or b"") if control else b"")

    def _asked(self, question: Callable[[], _T]) -> _T:
        """What a question to the server comes to.

        The error of ldap3 is gone when ours is raised: its frames hold what was sent, a password among it.

        Raises:
            SourceAway: there was no answer, or none that can be understood.
            NotTrusted: the server's certificate is not trusted.
        """
        trouble: SourceAway | NotTrusted
        line = getattr(self._connection, "socket", None)
        if isinstance(line, _Guarded):
            line.begin()
        try:
            return question()
        except (SourceAway, NotTrusted) as error:
            trouble = error.with_traceback(None)
            trouble.__context__ = None
        except Exception as error:  # ldap3 raises whatever its decoder stumbles over in an answer that is none
            cause = line.trouble if isinstance(line, _Guarded) and line.trouble is not None else error
            trouble = told_trouble(self._directory, self._address, cause)
        raise trouble

    def _told_distrust(self, trouble: NotTrusted) -> SourceAway:
        """That a server is not trusted, with the fingerprint that it has, and the ways to trust it.

        For the fingerprint the server is asked a second time, and nothing is sent to it. It is what to compare with
        what the server's own administrator sees; to pin what a stranger shows would be to trust the stranger.
        """
        look = Line(self._directory, self._connect_timeout, self._answer_timeout)
        names = ""
        try:
            look._asked(
                lambda: look._reach(
                    BySignature(self._directory.ca_file, any_name=True) if trouble.wrong_name else Anyone()
                )
            )
            wrapped = look._connection.socket.inner
            fingerprint, names = fingerprint_of(wrapped), subject_of(wrapped)
        except (SourceAway, NotTrusted):
            fingerprint = ""
        finally:
            look.close()
        host = self._address.host
        reason = f"{trouble.reason}" if not trouble.wrong_name else f"is for another host than {host}"
        details = [f"It is for: {short(names)}"] if trouble.wrong_name and names else []
        details += [f"Its fingerprint (SHA-256) is {fingerprint}"] if fingerprint else []
        if self._directory.fingerprint:
            hint = "If its certificate was renewed, ask who runs the server for the new fingerprint, and pin that."
        elif trouble.wrong_name:
            hint = "Name the host as the certificate does, or pin its fingerprint with --fingerprint."
        else:
            hint = (
                "Name the CA that signed it with --ca FILE; or compare the fingerprint with what is on the server, and"
                " pin it with --fingerprint; or go on without knowing who answers with --insecure."
            )
        return SourceAway(
            f"{self._directory.url} is not trusted: its certificate {reason}. Nothing was sent to it.", hint, details
        )

    def _said(self, result: dict[str, Any]) -> str:
        """What a server says to its result; nothing if it says the password, as some odd one might."""
        text = str(result.get("message") or "").strip("\0 \t\r\n")
        if self._secret is not None and self._secret.reveal() in text:
            return ""
        return short(text)


def check_base(base: str) -> None:
    """Look whether a base is a distinguished name.

    Raises:
        BadInput: it is not.
    """
    hint = "Write it as in ou=people,dc=example,dc=com."
    if not base.strip():
        raise BadInput("There is no base: it says where in the directory the users are.", hint)
    good = False
    with contextlib.suppress(LDAPExceptionError, ValueError, IndexError):
        good = bool(parse_dn(base)) and "\0" not in base
    if not good:
        raise BadInput(f"The base {short(base)} is no distinguished name.", hint)


def check_filter(filter_: str) -> None:
    """Look whether ldap3 takes a filter for one as well, before anybody is asked with it.

    Raises:
        BadInput: it does not.
    """
    good = False
    with contextlib.suppress(LDAPExceptionError, ValueError, IndexError):
        good = bool(parse_filter(filter_, None, True, True, None, False))
    if not good:
        raise BadInput(f"The filter {short(filter_)} is none.", "Write it as in (&(mail=*)(!(employeeType=guest))).")


class _Server(ldap3.Server):  # type: ignore[misc]
    """One address of a server. ldap3 would look it up by itself, tell nothing of why that failed, and leave sockets."""

    def __init__(self, address: Any, found: Any, tls: "_Tls", connect_timeout: float) -> None:
        host = f"[{address.host}]" if ":" in address.host else address.host
        scheme = "ldaps" if address.tls_at_once else "ldap"
        super().__init__(
            f"{scheme}://{host}",
            port=address.port,
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=connect_timeout,
        )
        self._found = [*found, None, None]

    def candidate_addresses(self) -> list[Any]:
        """The one."""
        return [self._found]

    def update_availability(self, address: Any, available: bool) -> None:
        """Whoever asks for the one address notices by himself."""


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS as Python does it, with the trust that was asked for."""

    def __init__(self, trust: Trust, host: str, connect_timeout: float, answer_timeout: float) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self.trouble: NotTrusted | None = None
        self._trust = trust
        self._host = host
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Put TLS around a connection's socket."""
        del do_handshake  # it is always done: before it nobody knows who the server is
        plain = connection.socket.inner if isinstance(connection.socket, _Guarded) else connection.socket
        plain.settimeout(self._connect_timeout)
        try:
            wrapped = self._trust.encrypted(plain, self._host)
        except NotTrusted as error:
            self.trouble = error
            raise OSError("not trusted") from None
        connection.socket = _Guarded(wrapped, self._answer_timeout)


class _Guarded:
    """A socket whose answers end in time and in size, and that knows what went wrong when ldap3 no longer does."""

    def __init__(self, inner: socket.socket, timeout: float) -> None:
        self.inner = inner
        self.trouble: Exception | None = None
        self._timeout = timeout
        self._is_first = True
        self.begin()

    def begin(self) -> None:
        """A question is about to be asked: its time runs from now on."""
        self._until = time.monotonic() + self._timeout
        self._received = 0

    def recv(self, size: int) -> bytes:
        """Some bytes.

        Raises:
            OSError: none come in time, too many do, the server has hung up, or what it speaks is no LDAP.
        """
        try:
            data = self._recv(size)
        except Exception as error:
            self.trouble = error.with_traceback(None)
            raise
        return data

    def sendall(self, data: bytes) -> None:
        """Send bytes, in time."""
        try:
            self.inner.settimeout(self._left())
            self.inner.sendall(data)
        except Exception as error:
            self.trouble = error.with_traceback(None)
            raise

    def shutdown(self, how: int) -> None:
        """As of a socket."""
        self.inner.shutdown(how)

    def close(self) -> None:
        """As of a socket."""
        self.inner.close()

    def _recv(self, size: int) -> bytes:
        self.inner.settimeout(self._left())
        data = self.inner.recv(size)
        if not data:
            raise ConnectionAbortedError("hung up")
        if self._is_first and data[0] != _SEQUENCE:
            raise StrangeAnswer("what it answers is no LDAP")
        self._is_first = False
        self._received += len(data)
        if self._received > LARGEST_ANSWER:
            raise StrangeAnswer(f"its answer is larger than {LARGEST_ANSWER // 1024**2} MB")
        return data

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def _entry(answer: dict[str, Any]) -> Entry:
    """An entry, with its attributes by names in small letters; values without an option come first."""
    values: dict[str, list[bytes]] = {}
    for name, found in answer["raw_attributes"].items():
        plain, option, _ = name.lower().partition(";")
        if found:
            values[plain] = [*values.get(plain, []), *found] if option else [*found, *values.get(plain, [])]
    return Entry(answer["dn"], values)


def _close(connection: Any) -> None:
    """Let go of a connection of ldap3, and of the socket that it keeps when opening it has failed."""
    connection.password = connection.request = None
    with contextlib.suppress(Exception):
        if connection.bound and not connection.closed:
            connection.unbind()
    with contextlib.suppress(Exception):
        if connection.socket is not None:
            connection.socket.close()
