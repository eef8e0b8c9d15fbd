"""What goes wrong on demand: with the n-th call of a method, or of any.

    server.faults.add(Cut(), "Users.set")                 the next Users.set is done, but its answer never comes
    server.faults.add(Status(500), call=3)                the third call from now, whichever it is
    held = server.faults.add(Held(), "Users.getMailboxCount")
    ... held.reached.wait(10) ... held.release()          answered when the test wants it

A fault answers instead of the method, which is not run, unless `done` says that the change is done first.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from tests.kerio_server.errors import ApiError, not_logged_in
from tests.kerio_server.world import World

JSON: Final = "application/json; charset=UTF-8"
HTML: Final = "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, and how much of it is sent."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    declared: int | None = None
    """Content-Length, if it is not that of the body."""
    sent: int | None = None
    """Bytes, head and all, after which the connection is cut."""
    sent_of_body: int | None = None
    """The same, counted from where the body begins."""


@dataclass(slots=True)
class Fault:
    """Something that goes wrong. This one does nothing."""

    done: bool = field(default=False, kw_only=True)
    """Whether the method is run before it goes wrong."""

    def wait(self, stopping: threading.Event) -> None:
        """Take time, before the method is run, and no longer than until the server stops."""

    def error(self) -> ApiError | None:
        """The error with which the call fails, if that is what goes wrong."""
        return None

    def params(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the method is run with."""
        return given

    def follow(self, world: World, params: Mapping[str, Any]) -> None:
        """What happens right after the method was run."""

    def answer(self, right: Answer) -> Answer:
        """What is answered instead of the right answer, which is `null` if the method was not run."""
        return right


@dataclass(slots=True)
class Churn(Fault):
    """The answer is right; right after it another administrator removes a user and adds one, or calls `then`."""

    then: Callable[[World], object] | None = None
    """None removes the first plain user of the domain that was asked for, and adds one whose login is the last."""
    done: bool = field(default=True, kw_only=True)

    def follow(self, world: World, params: Mapping[str, Any]) -> None:
        domain = world.domains.get(str(params.get("domainId")))
        with world.lock:
            if self.then is not None:
                self.then(world)
            elif domain is not None:
                first = next((user for user in world.users_of(domain.id) if user.role == "UserRole"), None)
                if first is not None:
                    world.take_out(first)
                world.add_user(f"zz-{world.version}@{domain.name}")


@dataclass(slots=True)
class Meanwhile(Fault):
    """Nothing goes wrong, but something happens when the server has done it, before it says so."""

    what: Callable[[], object] = field(default=bool)
    done: bool = field(default=True, kw_only=True)

    def answer(self, right: Answer) -> Answer:
        self.what()
        return right


@dataclass(slots=True)
class Half(Fault):
    """Only the first half of the items of a mass call is done; the answer says that all are, or that it failed."""

    code: int = 0
    done: bool = field(default=True, kw_only=True)

    def params(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            name: value[: len(value) // 2] if name in ("userIds", "requests", "users") else value
            for name, value in given.items()
        }

    def error(self) -> ApiError | None:
        return ApiError(self.code, "Internal database error.") if self.code else None


@dataclass(slots=True)
class Slow(Fault):
    """The answer comes late, and is right."""

    seconds: float = 0.0
    done: bool = field(default=True, kw_only=True)

    def wait(self, stopping: threading.Event) -> None:
        stopping.wait(self.seconds)


@dataclass(slots=True)
class Held(Fault):
    """The answer comes when it is released, and is right. The method runs then, or first if `after_change`."""

    after_change: bool = False
    done: bool = field(default=True, kw_only=True)
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when a call has come that is held."""
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let it go on."""
        self._released.set()

    def wait(self, stopping: threading.Event) -> None:
        if not self.after_change:
            self.hold(stopping)

    def hold(self, stopping: threading.Event) -> None:
        """Wait until it is released or the server stops."""
        self.reached.set()
        while not self._released.wait(0.05) and not stopping.is_set():
            pass


@dataclass(slots=True)
class Cut(Fault):
    """The connection is cut after so many bytes of the answer: none, if it isn't said. The change is done, or not."""

    after: int = 0
    in_body: bool = False
    """Whether the bytes are counted from where the body begins."""
    done: bool = field(default=True, kw_only=True)

    def answer(self, right: Answer) -> Answer:
        return replace(right, sent_of_body=self.after) if self.in_body else replace(right, sent=self.after)


@dataclass(slots=True)
class HalfBody(Fault):
    """Half of the body comes, then the connection is closed."""

    done: bool = field(default=True, kw_only=True)

    def answer(self, right: Answer) -> Answer:
        return replace(right, sent_of_body=len(right.body) // 2)


@dataclass(slots=True)
class HalfJson(Fault):
    """Half of the body, and HTTP says that it is the whole."""

    done: bool = field(default=True, kw_only=True)

    def answer(self, right: Answer) -> Answer:
        return replace(right, body=right.body[: len(right.body) // 2])


@dataclass(slots=True)
class WrongLength(Fault):
    """Content-Length says so many bytes more than there are, or less."""

    by: int = 100
    done: bool = field(default=True, kw_only=True)

    def answer(self, right: Answer) -> Answer:
        return replace(right, declared=max(0, len(right.body) + self.by), headers=(("Connection", "close"),))


@dataclass(slots=True)
class Error(Fault):
    """The call fails with an error of the API."""

    code: int = -32602
    message: str = "Invalid params."
    parameters: tuple[str, ...] = ()

    def error(self) -> ApiError | None:
        return ApiError(self.code, self.message, self.parameters)


@dataclass(slots=True)
class Expired(Fault):
    """The session is over: -32001, and it stays so until someone logs in again."""

    def error(self) -> ApiError | None:
        return not_logged_in()


@dataclass(slots=True)
class ItemErrors(Fault):
    """The method is run, but fails for these users, each by id or login: a code and a message with its parameters."""

    items: Mapping[str, tuple[int, str] | tuple[int, str, tuple[str, ...]]] = field(default_factory=dict)
    done: bool = field(default=True, kw_only=True)

    def errors(self, params: Mapping[str, Any]) -> dict[str, ApiError]:
        """By id or login, for a call with these parameters."""
        del params
        return {name: ApiError(*error) for name, error in self.items.items()}


@dataclass(slots=True)
class AnyItems(ItemErrors):
    """The same for whoever the call is about: the first user of it, or every one."""

    code: int = 1000
    message: str = "User %1 is stuck."
    every: bool = False

    def errors(self, params: Mapping[str, Any]) -> dict[str, ApiError]:
        names = _users_of(params)
        return {name: ApiError(self.code, self.message, (name,)) for name in (names if self.every else names[:1])}


@dataclass(slots=True)
class Instead(Fault):
    """Another body, status or type than the right ones."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, right: Answer) -> Answer:
        del right
        return Answer(self.body, self.status, self.content_type, self.headers)


@dataclass(slots=True)
class Huge(Fault):
    """A body of so many bytes; it is JSON, if someone reads it all."""

    size: int = 64 * 1024 * 1024

    def answer(self, right: Answer) -> Answer:
        return replace(right, body=b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * self.size + b'"}')


def status(code: int, *, done: bool = False) -> Instead:
    """An HTTP error with a page."""
    return html(f"<html><head><title>{code}</title></head><body><h1>Error {code}</h1></body></html>", code, done=done)


def html(page: str = "<html><body>Sign in</body></html>", code: int = 200, *, done: bool = False) -> Instead:
    """A page instead of JSON, as something between client and server likes to give."""
    return Instead(page.encode(), code, HTML, done=done)


def too_large() -> Instead:
    """413."""
    return status(413)


def redirect(to: str, code: int = 302) -> Instead:
    """Sends the client elsewhere."""
    return Instead(b"", code, HTML, (("Location", to),))


def invalid_utf8() -> Instead:
    """JSON, but for a byte that can't be in it."""
    return Instead(b'{"jsonrpc":"2.0","id":1,"result":{"list":[{"fullName":"\xff\xfe"}],"totalItems":1}}')


def null() -> Instead:
    """JSON, but not an object."""
    return Instead(b"null")


AnyFault = TypeVar("AnyFault", bound=Fault)


@dataclass(slots=True)
class _Planned:
    fault: Fault
    method: str | None
    skip: int
    times: int | None


class Faults:
    """What shall go wrong with which call."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._planned: list[_Planned] = []

    def add(self, fault: AnyFault, method: str | None = None, *, call: int = 1, times: int | None = 1) -> AnyFault:
        """Plan a fault for the `call`-th call from now, of that method or of any; `times` None is from then on."""
        with self._lock:
            self._planned.append(_Planned(fault, method, call - 1, times))
        return fault

    def drop(self, fault: Fault) -> None:
        """A fault comes no more."""
        with self._lock:
            self._planned = [planned for planned in self._planned if planned.fault is not fault]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._planned.clear()
            self._lock.notify_all()

    @property
    def pending(self) -> int:
        """Faults that were planned and have not come about yet, or not for the last time."""
        with self._lock:
            return len(self._planned)

    @property
    def held(self) -> set[str | None]:
        """The methods of which an answer is going to be held; None is any."""
        with self._lock:
            return {planned.method for planned in self._planned if isinstance(planned.fault, Held)}

    def wait_until_come(self, patience: float) -> bool:
        """Whether all that was planned has come about, after so many seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._planned, patience)

    def due(self, method: str) -> Fault | None:
        """The fault for this call; counts the call."""
        with self._lock:
            found: _Planned | None = None
            for planned in list(self._planned):
                if planned.method not in (None, method):
                    continue
                if planned.skip:
                    planned.skip -= 1
                elif found is None:
                    found = planned
            if found is None:
                return None
            if found.times is not None:
                found.times -= 1
                if not found.times:
                    self._planned.remove(found)
                    self._lock.notify_all()
            return found.fault


def item_errors(fault: Fault | None, params: Mapping[str, Any]) -> Mapping[str, ApiError]:
    """The users that a call fails for."""
    return fault.errors(params) if isinstance(fault, ItemErrors) else {}


def _users_of(params: Mapping[str, Any]) -> list[str]:
    """The users that a call is about, by id or login, in its order."""
    rows = [row for name in ("userIds", "requests", "users") for row in _listed(params.get(name))]
    found = [row.get("userId", row.get("loginName")) if isinstance(row, Mapping) else row for row in rows]
    return [name for name in found if isinstance(name, str)]


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
