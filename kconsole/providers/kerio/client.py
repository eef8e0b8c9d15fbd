"""A session with a server's administration, and what goes wrong with it.

httpx speaks HTTP; it is imported here, and this module only where a server is asked. What it leaves to its user is
done here: who the server is, how long an answer may take as a whole and how large it may be, that nothing leads
elsewhere, and that no password and no token stays in an exception.
"""

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import orjson

from kconsole import __version__
from kconsole.core.codes import Message, short
from kconsole.core.errors import ConsoleError, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.deadlines import Deadline, Flag, WaitCancelled
from kconsole.net.secrets import Secret
from kconsole.net.tls import NotTrusted, trust_of
from kconsole.providers.kerio.answers import read_answer
from kconsole.providers.kerio.error_text import connection_failure, not_trusted
from kconsole.providers.kerio.errors import (
    AnswerLate,
    AnswerLost,
    Cancelled,
    NotLetIn,
    ServerError,
    ServerRefused,
    StrangeAnswer,
    details_of,
    reason_of,
)
from kconsole.providers.kerio.settings import server_address
from kconsole.providers.kerio.sockets import TrustingContext, watched

LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes beyond which a server is not meant to be listened to."""

MOST_CONNECTIONS: Final = 4
"""Calls that are made at the same time."""

EXPIRED: Final = -32001
TIMED_OUT: Final = -32002
_ENDPOINT: Final = "/admin/api/jsonrpc/"
_LONGEST_TOKEN: Final = 512
_LOGOUT_TIMEOUT: Final = 2.0
"""Seconds. Nobody waits for it gladly, and a session that is not ended ends by itself."""

_HEADERS: Final = {
    "Accept": "application/json-rpc",
    "Content-Type": "application/json-rpc; charset=UTF-8",
    "Accept-Encoding": "identity",  # what is packed is as large as it likes when it is unpacked
    "User-Agent": f"kconsole/{__version__}",
}
_APPLICATION: Final = {"name": "kconsole", "vendor": "kconsole", "version": __version__}
"""Has to be an object: servers answer a text with -32602."""

_T = TypeVar("_T")


class _Session(NamedTuple):
    """A login. Whoever fails by one that is no longer the last one need not log in again."""

    number: int
    token: str

    def __repr__(self) -> str:
        return f"_Session({self.number})"


class KerioClient:
    """A session with a server. Every question ends in an answer, in `ServerRefused`, or in `SourceAway`.

    Several threads may ask at the same time.
    """

    def __init__(
        self, server: ServerAccess, connect_timeout: float, call_timeout: float, cancel: Flag | None = None
    ) -> None:
        self.server = server
        self.origin = server_address(server.url).origin
        self.call_timeout = call_timeout
        self.cancel: Flag = cancel or threading.Event()
        trust, self.verified_by = trust_of(server)
        self._context = TrustingContext(trust)
        self._connect_timeout = connect_timeout
        self._numbers = itertools.count(1)
        self._secret: Secret | None = None
        self._session: _Session | None = None
        self._is_away = False
        self._logging_in = threading.Lock()
        self._client = httpx.Client(
            base_url=self.origin,
            verify=self._context,
            headers=_HEADERS,
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor a .netrc of somebody's shell has to do with this
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server's certificate as `AB:CD:...`; empty before anything was asked."""
        return self._context.fingerprint

    def log_in(self, secret: Secret) -> None:
        """Log in, and remember how to do it again when the session expires.

        Raises:
            NotLetIn: the server does not let in who asks.
            SourceAway: it did not answer.
        """
        self._secret = secret
        self._log_in(0)

    def call(
        self, method: str, parameters: Mapping[str, object] | None = None, *, changes: bool = False
    ) -> dict[str, Any]:
        """The result of a call.

        A session that has expired is begun anew, once, and the call made again.

        Args:
            method: its name.
            parameters: by their names; a `Secret` among them is revealed only in what is sent.
            changes: whether it changes anything, so that a lost answer leaves open what is so.

        Raises:
            ServerRefused: the server said no.
            NotLetIn: the session has expired, and the server does not let in who asks any more.
            AnswerLost: it changes something, and whether it did is not known.
            SourceAway: it was not done, or not answered.
            Cancelled: somebody called it off.
        """
        parameters = parameters or {}
        if self._session is None:
            raise SourceAway(f"Nobody has logged in to {self.origin}.", "Log in first.")
        session = self._session
        answer = self._answer(method, parameters, session, changes)
        if isinstance(answer, ServerError) and answer.code == EXPIRED:
            if changes:
                return self._changed_again(method, parameters, session)
            answer = self._answer(method, parameters, self._log_in(session.number), changes)
        if isinstance(answer, ServerError):
            raise self._told_error(method, answer, changes)
        return answer

    def _changed_again(self, method: str, parameters: Mapping[str, object], expired: _Session) -> dict[str, Any]:
        """The result of a change that is sent again, since the session expired when it was sent.

        Whether the server did it the first time is not said anywhere: if all is well now, it is done; if not, that
        may be the trace of its being done before.
        """
        what, details = Message("Sent again, not all of it was done."), list[Message]()
        try:
            answer = self._answer(method, parameters, self._log_in(expired.number), True)
        except ConsoleError as error:
            what, details = error.happened, [*error.details]
        else:
            if isinstance(answer, ServerError):
                what = Message(f"Sent again, it was refused: {reason_of(answer.code)}.")
                details = [Message(detail) for detail in details_of(answer, method)]
            elif not answer.get("errors"):
                return answer
        raise AnswerLost(
            Message("session-ended-when-sent", {"server": self.origin, "method": method, "then": what}),
            "Read the server again to see what is so.",
            details,
            "Whether it was done the first time is not known.",
        )

    def read(self, method: str, parameters: Mapping[str, object] | None, reader: Callable[[dict[str, Any]], _T]) -> _T:
        """The result of a call that changes nothing, as a reader understands it.

        Raises:
            As `call`; and SourceAway where the reader cannot make sense of the result.
        """
        result = self.call(method, parameters)
        try:
            return reader(result)
        except StrangeAnswer as error:
            clause = str(error)
        raise self.strange(method, clause)

    def strange(self, method: str, clause: str, changes: bool = False) -> SourceAway:
        """That an answer cannot be understood."""
        if changes:
            return AnswerLost(
                f"{self.origin} answered {method}, and its answer {clause}.",
                "Read the server again to see what is so.",
            )
        return SourceAway(
            f"{self.origin} does not answer as a Kerio Connect server: its answer to {method} {clause}.",
            "Check host and port: the administration is usually on port 4040."
            if self._session is None
            else "Try again; if it stays so, look into the server's error log.",
        )

    def log_out(self) -> None:
        """End the session, if the server listens; nobody waits for it long."""
        session, self._session = self._session, None
        if session is not None and not self._is_away:
            self.cancel = threading.Event()  # also what was called off is ended properly
            with contextlib.suppress(ConsoleError):
                self._reply("Session.logout", {}, session, min(self.call_timeout, _LOGOUT_TIMEOUT), False)

    def close(self) -> None:
        """Let go of the server."""
        self._secret = self._session = None
        self._client.close()

    def _log_in(self, failed: int) -> _Session:
        """The session after the one that failed. The first thread that comes logs in, for all."""
        with self._logging_in:
            if self._session is not None and self._session.number != failed:
                return self._session
            self._client.cookies.clear()
            parameters = {"userName": self.server.user, "password": self._secret, "application": _APPLICATION}
            answer = self._answer("Session.login", parameters, None, False)
            if isinstance(answer, ServerError):
                raise NotLetIn(
                    f"{self.origin} did not let in {short(self.server.user)}: the name or the password is wrong, or"
                    " it is no administrator.",
                    "Check the name and the password. Outside the primary domain the name needs its @domain.",
                    details_of(answer, "Session.login"),
                )
            token = answer.get("token")
            if not (type(token) is str and token.isascii() and token.isprintable() and 0 < len(token) < _LONGEST_TOKEN):
                del answer, token
                raise self.strange("Session.login", "has no token")
            self._session = _Session(failed + 1, token.strip())
            return self._session

    def _answer(
        self, method: str, parameters: Mapping[str, object], session: _Session | None, changes: bool
    ) -> dict[str, Any] | ServerError:
        answer = self._reply(method, parameters, session, self.call_timeout, changes)
        return self.unspoken(answer, parameters) if isinstance(answer, ServerError) else answer

    def _reply(
        self,
        method: str,
        parameters: Mapping[str, object],
        session: _Session | None,
        timeout: float,
        changes: bool,
    ) -> dict[str, Any] | ServerError:
        """What a call is answered.

        The error of httpx is gone when ours is raised: its frames hold what was sent, a password among it.
        """
        trouble: ConsoleError
        number = next(self._numbers)
        try:
            with watched(Deadline(timeout, self.cancel)):
                answer = self._sent(method, parameters, session, timeout, number)
            self._is_away = False
            return answer
        except StrangeAnswer as error:
            trouble = self.strange(method, str(error), changes)
        except WaitCancelled:
            trouble = Cancelled(f"What was asked of {self.origin} was called off.")
            if changes:
                trouble = AnswerLost(
                    f"{method} was called off while {self.origin} was at it.",
                    "Read the server again to see what is so.",
                )
        except NotTrusted as error:
            trouble = not_trusted(self.server, error, self._connect_timeout)
        except Exception as error:
            self._is_away = True
            trouble = connection_failure(self.origin, method, error, changes)
        except BaseException as error:  # Ctrl+C: whoever prints its frames would print what was sent
            error.__context__ = None
            raise error.with_traceback(None) from None
        raise trouble

    def _sent(
        self, method: str, parameters: Mapping[str, object], session: _Session | None, timeout: float, number: int
    ) -> dict[str, Any] | ServerError:
        request: dict[str, object] = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        headers = {}
        if session is not None:
            request["token"] = headers["X-Token"] = session.token
        received, chunks = 0, []
        with self._client.stream(
            "POST",
            _ENDPOINT,
            content=orjson.dumps(request, default=_revealed),
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=self._connect_timeout),
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise StrangeAnswer("is packed, though that was not asked for")
            for chunk in response.iter_raw():
                received += len(chunk)
                if received > LARGEST_ANSWER:
                    raise StrangeAnswer(f"is larger than {LARGEST_ANSWER // 1024**2} MB")
                chunks.append(chunk)
        location = response.headers.get("Location", "")
        if self._is_told_in(location, parameters):
            location = ""
        return read_answer(b"".join(chunks), response.status_code, location, number)

    def _told_error(self, method: str, error: ServerError, changes: bool) -> ConsoleError:
        if error.code == EXPIRED:
            return SourceAway(
                f"{self.origin} ended the session again right after a new login.",
                "Try again later. Somebody may be ending sessions, or the account may not administer the server.",
                details_of(error, method),
            )
        if error.code == TIMED_OUT:
            if changes:
                return AnswerLost(
                    f"{self.origin} gave up on {method} for lack of time.",
                    "Read the server again to see what is so.",
                    details_of(error, method),
                )
            return AnswerLate(
                f"{self.origin} gave up on {method} for lack of time.",
                "Try again later.",
                method,
                details_of(error, method),
            )
        return ServerRefused(self.origin, method, error)

    def unspoken(self, error: ServerError, parameters: Mapping[str, object]) -> ServerError:
        """An error without its words, if they have a password in them, as those of some odd server might.

        Args:
            error: of a call, or of one of the things that were asked for by it.
            parameters: of the call.
        """
        return ServerError(error.code, "") if self._is_told_in(error.said, parameters) else error

    def _is_told_in(self, said: str, parameters: Mapping[str, object]) -> bool:
        secrets = [self._secret, *_secrets_in(parameters)]
        return any(secret.reveal() in said for secret in secrets if secret)


def _revealed(value: object) -> object:
    """The password, in the one place where it has to stand."""
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError


def _secrets_in(value: object) -> Iterable[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _secrets_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _secrets_in(part)
