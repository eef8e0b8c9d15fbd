"""Speaks JSON-RPC with a server's administration over HTTPS.

httpx speaks HTTP. It is imported here, and this module only when a server is contacted. What httpx leaves open is done
here: the server's certificate, a limit of time and size for each answer as a whole, no redirects, and no password or
token left in an exception.
"""

import contextlib
import itertools
import threading
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import orjson

from kconsole import __version__
from kconsole.core.codes import Message, message, short
from kconsole.core.errors import ConsoleError, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Flag, WaitCancelled
from kconsole.net.secrets import Secret, shows
from kconsole.net.tls import NotTrusted, Trust, trust_of
from kconsole.providers.base import Cancelled, NotLetIn, Timeouts
from kconsole.providers.kerio import errors
from kconsole.providers.kerio.answers import read_answer
from kconsole.providers.kerio.assumptions import Word
from kconsole.providers.kerio.errors import ServerError, StrangeAnswer
from kconsole.providers.kerio.settings import server_address
from kconsole.providers.kerio.sockets import TrustingContext, bounded
from kconsole.providers.kerio.values import Reader, Row

LARGEST_ANSWER: Final = 32 * 1024 * 1024
"""Bytes beyond which an answer is refused: the longest page of a list has about 20 MB."""

ATTEMPTS: Final = 3
"""How often a question is asked whose connection is cut, because a server may close idle connections at any time."""

MOST_CONNECTIONS: Final = 4
"""Calls that are made at the same time."""

_ENDPOINT: Final = "/admin/api/jsonrpc/"
_LONGEST_TOKEN: Final = 512
_LOGOUT_TIMEOUT: Final = 2.0
"""Seconds. A session that is not ended expires by itself, so nothing waits longer for it."""

_HEADERS: Final = {
    "Accept": "application/json-rpc",
    "Content-Type": "application/json-rpc; charset=UTF-8",
    "Accept-Encoding": "identity",  # a compressed answer has no limit of size until it is unpacked
    "User-Agent": f"kconsole/{__version__}",
}
_APPLICATION: Final = {"name": "kconsole", "vendor": "kconsole", "version": __version__}
"""Has to be an object: servers answer a text with -32602."""

_T = TypeVar("_T")


class _Session(NamedTuple):
    """A login, numbered: a thread whose call fails in an old session uses the one that another thread began."""

    number: int
    token: str

    def __repr__(self) -> str:
        return f"_Session({self.number})"


class KerioClient:
    """A session with a server. Every call ends in an answer, in `CallRefused`, or in `SourceAway`.

    Several threads may call at the same time.
    """

    def __init__(self, access: ServerAccess, timeouts: Timeouts, cancel: Flag | None = None) -> None:
        self.access = access
        self.origin = server_address(access.url).origin
        self.timeouts = timeouts
        self.cancel: Flag = cancel or threading.Event()
        trust, self.verified_by = trust_of(access)
        self._numbers = itertools.count(1)
        self._secret: Secret | None = None
        self._revealed: list[Secret] = []
        """The passwords that were sent: no answer that repeats one is shown."""
        self._session: _Session | None = None
        self._is_away = False
        self.takes_numbers: bool | None = None
        """Whether the server takes numbers for enums; None before anyone asked."""
        self._logging_in = threading.Lock()
        self._client = self._http_client(trust, MOST_CONNECTIONS)
        self._changer = self._http_client(trust, 0)
        """For changes, each on a new connection: an idle one may be closed just when it is used, and then the result is
        not known."""

    def _http_client(self, trust: Trust, idle: int) -> httpx.Client:
        return httpx.Client(
            base_url=self.origin,
            verify=TrustingContext(trust),
            headers=_HEADERS,
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=idle),
            follow_redirects=False,
            trust_env=False,  # a proxy or a .netrc of the user's shell must not receive the password
        )

    def log_in(self, secret: Secret) -> None:
        """Log in, and keep the password for a session that expires; raises NotLetIn if that fails."""
        self._secret = secret
        self._log_in(0)

    def call(
        self, method: str, parameters: Mapping[str, object] | None = None, *, changes: bool = False
    ) -> dict[str, Any]:
        """The result of a call. An expired session is replaced once, and the call repeated.

        A `Secret` among the parameters is revealed only in what is sent. With `changes`, the loss of the answer leaves
        the result unknown.

        Raises:
            errors.CallRefused: the server refused it.
            NotLetIn: the session has expired, and the next login failed.
            AnswerLost: it changes something, and its result is not known.
            SourceAway: it was not done, or not answered.
            Cancelled: the user cancelled.
        """
        parameters = parameters or {}
        if self._session is None:
            raise SourceAway("not-logged-in", server=self.origin)
        if self.takes_numbers is None and has_words(parameters):
            self.takes_numbers = self._asks_for_numbers()
        session = self._session
        answer = self._answer(method, parameters, session, changes)
        if isinstance(answer, ServerError) and answer.number == errors.EXPIRED:
            if changes:
                return self._change_again(method, parameters, session)
            answer = self._answer(method, parameters, self._log_in(session.number), changes)
        if isinstance(answer, ServerError):
            raise self._error_of(method, answer, changes)
        return answer

    def _asks_for_numbers(self) -> bool:
        """Whether the server writes numbers for enums, as those of 7.0 and 7.1 do: they take no words for them."""
        try:
            return self.read("Session.whoAmI", None, role_is_number)
        except (errors.CallRefused, errors.AnswerStrange):
            return False

    def _change_again(self, method: str, parameters: Mapping[str, object], expired: _Session) -> dict[str, Any]:
        """Repeat a change that met an expired session.

        The server does not say whether it applied the first one. If the second succeeds, the change is done; if it
        fails, that may be because the first was applied.
        """
        then, details = message("again-not-all"), tuple[Message, ...]()
        try:
            answer = self._answer(method, parameters, self._log_in(expired.number), True)
        except ConsoleError as error:
            then, details = error.happened, error.details
        else:
            if isinstance(answer, ServerError):
                then = message("again-refused", why=message(f"why-{answer.reason}", number=answer.number))
                details = (errors.said_to(method, answer),)
            elif not answer.get("errors"):
                return answer
        raise errors.lost(self.origin, method, message("lost-session", then=then), *details)

    def read(self, method: str, parameters: Mapping[str, object] | None, reader: Reader[_T]) -> _T:
        """The result of a call that changes nothing, as a reader understands it. Raises as `call`."""
        result = self.call(method, parameters)
        try:
            return reader(Row(result))
        except StrangeAnswer as error:
            problem = error.problem
        raise self.strange(method, problem)

    def strange(self, method: str, problem: Message, changes: bool = False) -> SourceAway:
        """The error for an answer that cannot be understood."""
        if changes:
            return errors.lost(self.origin, method, message("lost-strange", problem=problem))
        hint = "usual-kerio-port" if self._session is None else "see-error-log"
        what = message("not-kerio", server=self.origin, method=method, why=problem)
        return errors.AnswerStrange(what, hint, problem.code)

    def close(self) -> None:
        """End the session, if the server answers soon; close the connections, and forget the password."""
        session, self._session = self._session, None
        if session is not None and not self._is_away:
            self.cancel = threading.Event()  # a cancelled session is ended as well
            with contextlib.suppress(ConsoleError):
                self._answer("Session.logout", {}, session, False, min(self.timeouts.call, _LOGOUT_TIMEOUT))
        self._secret = None
        self._revealed.clear()
        self._client.close()
        self._changer.close()

    def _log_in(self, failed: int) -> _Session:
        """The session after the one that failed. The first thread that comes logs in, for all."""
        with self._logging_in:
            if self._session is not None and self._session.number != failed:
                return self._session
            self._client.cookies.clear()
            parameters = {"userName": self.access.user, "password": self._secret, "application": _APPLICATION}
            answer = self._answer("Session.login", parameters, None, False)
            if isinstance(answer, ServerError):
                said = [errors.said_to("Session.login", answer)]
                raise NotLetIn("login-failed", "check-login", said, server=self.origin, user=short(self.access.user))
            token = answer.get("token")
            if not (type(token) is str and token.isascii() and token.isprintable() and 0 < len(token) < _LONGEST_TOKEN):
                del answer, token
                raise self.strange("Session.login", message("strange-token"))
            self._session = _Session(failed + 1, token.strip())
            return self._session

    def _answer(
        self,
        method: str,
        parameters: Mapping[str, object],
        session: _Session | None,
        changes: bool,
        timeout: float | None = None,
    ) -> dict[str, Any] | ServerError:
        """The answer to a call.

        Our error is raised outside the handler of httpx's: its frames hold what was sent, a password among it.
        """
        error: ConsoleError
        timeout = timeout or self.timeouts.call
        try:
            for attempts_left in reversed(range(1 if changes else ATTEMPTS)):
                try:
                    with bounded(timeout, self.cancel):
                        answer = self._sent(method, parameters, session, timeout, changes)
                    break
                except httpx.TransportError as raised:
                    if not attempts_left or not errors.is_cut(raised):
                        raise
            self._is_away = False
            return answer
        except StrangeAnswer as strange:
            error = self.strange(method, strange.problem, changes)
        except WaitCancelled:
            error = Cancelled("server-cancelled", server=self.origin)
            if changes:
                error = errors.lost(self.origin, method, "lost-cancelled")
        except NotTrusted as distrust:
            error = errors.not_trusted(self.access, distrust, self.timeouts.connect)
        except Exception as raised:
            self._is_away = True
            error = errors.connection_failure(self.origin, method, raised, changes)
        except BaseException as interrupt:  # Ctrl+C: printing its frames would print what was sent
            interrupt.__context__ = None
            raise interrupt.with_traceback(None) from None
        raise error

    def _sent(
        self, method: str, parameters: Mapping[str, object], session: _Session | None, timeout: float, changes: bool
    ) -> dict[str, Any] | ServerError:
        number = next(self._numbers)
        request: dict[str, object] = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        headers = {}
        if session is not None:
            request["token"] = headers["X-Token"] = session.token
        if changes:
            headers["Cookie"] = "; ".join(f"{each.name}={each.value}" for each in self._client.cookies.jar)
        received, chunks = 0, []
        with (self._changer if changes else self._client).stream(
            "POST",
            _ENDPOINT,
            content=orjson.dumps(request, self._plain, orjson.OPT_PASSTHROUGH_SUBCLASS),
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=self.timeouts.connect),
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise StrangeAnswer("strange-packed")
            for chunk in response.iter_raw():
                received += len(chunk)
                if received > LARGEST_ANSWER:
                    raise StrangeAnswer("strange-size", most=LARGEST_ANSWER // 1024**2)
                chunks.append(chunk)
        location = response.headers.get("Location", "")
        location = "" if self._has_secret(location) else location
        answer = read_answer(b"".join(chunks), response.status_code, location, number)
        return self.without_secrets(answer) if isinstance(answer, ServerError) else answer

    def _plain(self, value: object) -> object:
        """The word or the number of an enum; or the password, in the one place where it has to stand."""
        if isinstance(value, Word):
            return value.number if self.takes_numbers else str(value)
        if isinstance(value, Secret):
            self._revealed.append(value)
            return value.reveal()
        raise TypeError

    def _error_of(self, method: str, error: ServerError, changes: bool) -> ConsoleError:
        said = errors.said_to(method, error)
        if error.number == errors.EXPIRED:
            return SourceAway("session-ended-again", "session-ends-again-why", [said], server=self.origin)
        if error.number != errors.TIMED_OUT:
            return errors.CallRefused(self.origin, method, error)
        if changes:
            return errors.lost(self.origin, method, "lost-gave-up", said)
        late = message("server-gave-up", server=self.origin, method=method)
        return errors.AnswerLate(late, "try-again-soon", method, (said,))

    def without_secrets(self, error: ServerError) -> ServerError:
        """An error without its words if they repeat a password, as an odd server's might."""
        return error._replace(said="") if self._has_secret(error.said) else error

    def _has_secret(self, text: str) -> bool:
        return any(shows(text, secret) for secret in self._revealed)


def has_words(parameters: object) -> bool:
    """Whether a word of an enum is among these parameters."""
    if isinstance(parameters, Mapping):
        return any(map(has_words, parameters.values()))
    return any(map(has_words, parameters)) if isinstance(parameters, list) else isinstance(parameters, Word)


def role_is_number(result: Row) -> bool:
    """Whether the role of who is logged in is a number."""
    return type(result.part("userDetails").part("effectiveRole").values.get("userRole")) is int
