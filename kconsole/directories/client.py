"""A connection to a directory's server, and what goes wrong with it.

ldap3 speaks LDAP. This module is imported only where a directory is asked, since ldap3 takes as long to import as all
of kconsole takes to start. What it leaves to its user is done here: that no password stays in an object or in an
exception, that an answer has an end, and that what went wrong can be told.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from kconsole.core.codes import short
from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput, SourceAway
from kconsole.directories.entries import Entry
from kconsole.directories.errors import bind_trouble, search_trouble, told_trouble
from kconsole.directories.settings import server_address
from kconsole.directories.sockets import (
    Guarded,
    LDAPExceptionError,
    OneAddress,
    Tls,
    ldap3,
    parse_dn,
    parse_filter,
)
from kconsole.net.tls import (
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

__all__ = ["LdapClient", "Page", "check_base", "check_ca_file", "check_filter"]

_PAGED: Final = "1.2.840.113556.1.4.319"
_NO_ATTRIBUTES: Final = "1.1"
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


class LdapClient:
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
        code, said = self._result()
        if code != 0:
            raise bind_trouble(self._directory, code, said)

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
        tls = Tls(trust, self._address.host, self._connect_timeout, self._answer_timeout)
        found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        trouble: Exception = OSError("it has no address")
        for address in found:
            self._connection = ldap3.Connection(
                OneAddress(self._address, address, tls, self._connect_timeout),
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                return_empty_attributes=False,
            )
            guarded: Guarded | None = None
            try:
                self._connection.open(read_server_info=False)
                if not self._address.tls_at_once:
                    guarded = self._connection.socket = Guarded(self._connection.socket, self._answer_timeout)
                    self._start_tls()
            except Exception as error:
                _close(self._connection)
                trouble = tls.trouble or (guarded and guarded.trouble) or error
                if guarded is not None or tls.trouble is not None:
                    break  # somebody was there
            else:
                return
        raise trouble

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
        answers, done = self._connection.response, self._connection.result
        code, said = self._result()
        if code != 0 or done["type"] != "searchResDone":
            raise search_trouble(self._directory, base, code, said)
        entries = [_entry(answer) for answer in answers if answer["type"] == "searchResEntry"]
        references = sum(answer["type"] == "searchResRef" for answer in answers)
        control = done.get("controls", {}).get(_PAGED)
        return Page(entries, references, bytes(control["value"]["cookie"] or b"") if control else b"")

    def _result(self) -> tuple[int, str]:
        """The number that a server gave its answer, and what it said to it, which nobody keeps but the caller.

        What it said is left out if the password is in it, as an odd server might have it.
        """
        result = self._connection.result
        self._connection.result = self._connection.response = None
        text = str(result.get("message") or "").strip("\0 \t\r\n")
        if self._secret is not None and self._secret.reveal() in text:
            text = ""
        return int(result["result"]), short(text)

    def _asked(self, question: Callable[[], _T]) -> _T:
        """What a question to the server comes to.

        The error of ldap3 is gone when ours is raised: its frames hold what was sent, a password among it.

        Raises:
            SourceAway: there was no answer, or none that can be understood.
            NotTrusted: the server's certificate is not trusted.
        """
        trouble: SourceAway | NotTrusted
        line = getattr(self._connection, "socket", None)
        if isinstance(line, Guarded):
            line.begin()
        try:
            return question()
        except (SourceAway, NotTrusted) as error:
            trouble = error.with_traceback(None)
            trouble.__context__ = None
        except Exception as error:  # ldap3 raises whatever its decoder stumbles over in an answer that is none
            cause = line.trouble if isinstance(line, Guarded) and line.trouble is not None else error
            trouble = told_trouble(self._directory, self._address, cause)
        raise trouble

    def _told_distrust(self, trouble: NotTrusted) -> SourceAway:
        """That a server is not trusted, with the fingerprint that it has, and the ways to trust it.

        For the fingerprint the server is asked a second time, and nothing is sent to it. It is what to compare with
        what the server's own administrator sees; to pin what a stranger shows would be to trust the stranger.
        """
        look = LdapClient(self._directory, self._connect_timeout, self._answer_timeout)
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
        reason = f"is for another host than {host}" if trouble.wrong_name else trouble.reason
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
        what = f"{self._directory.url} is not trusted: its certificate {reason}."
        return SourceAway(what, hint, details, "Nothing was sent to it.")


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
