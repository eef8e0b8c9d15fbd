"""From the body of a request to the body of its answer: JSON-RPC 2.0, logins, sessions, faults."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from tests.kerio_server import domain_methods, server_methods, session_methods, user_changes, user_methods
from tests.kerio_server.calls import METHODS, Call, apply
from tests.kerio_server.errors import INVALID_REQUEST, PARSE, ApiError, invalid
from tests.kerio_server.faults import Answer, Expired, Fault, Faults, Held, item_errors
from tests.kerio_server.sessions import SESSION_COOKIE, TOKEN_COOKIE, Session, Sessions, role_of
from tests.kerio_server.world import World

INTERFACES: Final = (session_methods, server_methods, domain_methods, user_methods, user_changes)
"""The modules whose methods are answered: importing them registers these."""

LOG_IN: Final = "Session.login"

BATCH: Final = "Batch.run"

METHOD_NAMES: Final = frozenset((LOG_IN, BATCH, *METHODS))
"""All that is answered."""

_GONE: Final = Answer(b"", sent=0)
"""The server stops: whoever waits for an answer gets none."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that came, as tests look at it: without passwords."""

    method: str
    params: Mapping[str, Any]
    caller: str = ""
    """The role of whoever called; empty if there was no session."""
    error: int | None = None


@dataclass(slots=True)
class Rpc:
    """Answers requests to the API."""

    world: World
    sessions: Sessions
    faults: Faults
    stopping: threading.Event
    seen: list[Seen] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: bytes, cookies: str, token: str | None, content_type: str) -> Answer:
        """The answer to a request. An error is an answer too, with HTTP status 200."""
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError:
            return _wrapped(None, {"error": ApiError(PARSE, "Parse error.").as_object()}, content_type)
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _wrapped(None, {"error": ApiError(INVALID_REQUEST, "Invalid request.").as_object()}, content_type)
        name, given = request["method"], request.get("params")
        fault = self.faults.due(name)
        if fault is not None:
            fault.wait(self.stopping)
        if self.stopping.is_set():
            return _GONE
        headers: Headers = ()
        caller, failed = "", None
        try:
            params = {} if given is None else given
            if not isinstance(params, dict):
                raise invalid("params")
            if name == LOG_IN:
                result, headers = self._log_in(params, fault)
            else:
                session = self.sessions.find(cookies, token, request.get("token"))
                user = self.sessions.caller(session)
                caller = role_of(user)
                result = self._result(
                    Call(self.world, self.sessions, session, user, params, item_errors(fault, params)), name, fault
                )
            reported: dict[str, Any] = {"result": result}
        except ApiError as error:
            failed, reported = error.code, {"error": error.as_object(data=self.world.unknowns.error_data == "always")}
        with self._lock:
            self.seen.append(Seen(name, _without_passwords(given), caller, failed))
        if isinstance(fault, Held) and fault.after_change:
            fault.hold(self.stopping)
            if self.stopping.is_set():
                return _GONE
        right = _wrapped(request.get("id"), reported, content_type, headers)
        return right if fault is None else fault.answer(right)

    def _result(self, call: Call, name: str, fault: Fault | None) -> dict[str, Any] | None:
        error = fault.error() if fault else None
        if fault is not None:
            call.params = fault.params(call.params)
        result = None
        if fault is None or fault.done:
            result = _batch(call) if name == BATCH else apply(name, call)
            if fault is not None:
                fault.follow(self.world, call.params)
        if isinstance(fault, Expired):
            self.sessions.end(call.session)
        if error is not None:
            raise error
        return result

    def _log_in(self, params: Mapping[str, Any], fault: Fault | None) -> tuple[dict[str, Any] | None, Headers]:
        name, password, application = (params.get(each) for each in ("userName", "password", "application"))
        if not isinstance(name, str) or not isinstance(password, str) or not isinstance(application, dict):
            raise invalid("userName, password, application")
        error = fault.error() if fault else None
        if error is not None and fault is not None and not fault.done:
            raise error
        if fault is not None and not fault.done:
            return None, ()
        session = self.sessions.log_in(name, password)
        if error is not None:
            raise error
        return {"token": session.token}, cookies_of(session)


def _batch(call: Call) -> dict[str, Any]:
    """The results of several calls, one after the other; one that fails stops none. The answer's shape is made up."""
    results: list[dict[str, Any]] = []
    for command in call.records("commandList"):
        name, params = command.get("method"), command.get("params") or {}
        if not isinstance(name, str) or not isinstance(params, dict):
            raise invalid("commandList")
        try:
            results.append({"result": apply(name, replace(call, params=params))})
        except ApiError as error:
            results.append({"error": error.as_object()})
    return {"results": results}


def cookies_of(session: Session) -> Headers:
    """The Set-Cookie headers of a login. The session's is the first: there are clients that read only one."""
    return (
        ("Set-Cookie", f"{SESSION_COOKIE}={session.cookie}; path=/admin/; secure; HttpOnly"),
        ("Set-Cookie", f"{TOKEN_COOKIE}={session.token}; path=/admin/; secure"),
    )


def _wrapped(request_id: Any, reported: dict[str, Any], content_type: str, headers: Headers = ()) -> Answer:
    body = orjson.dumps({"jsonrpc": "2.0", "id": request_id, **reported})
    return Answer(body, content_type=content_type, headers=headers)


def _without_passwords(given: Any) -> Any:
    if isinstance(given, dict):
        return {key: "..." if "assword" in key else _without_passwords(value) for key, value in given.items()}
    return [_without_passwords(value) for value in given] if isinstance(given, list) else given
