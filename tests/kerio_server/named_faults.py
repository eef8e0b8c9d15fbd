"""The faults by name, for who makes the server faulty from outside: each with a line that says what comes."""

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.kerio_server import errors
from tests.kerio_server.faults import (
    AnyItems,
    Churn,
    Cut,
    Error,
    Expired,
    Fault,
    Half,
    HalfBody,
    HalfJson,
    Held,
    Huge,
    Slow,
    WrongLength,
    html,
    invalid_utf8,
    null,
    redirect,
    status,
    too_large,
)


class Named(NamedTuple):
    """A kind of fault."""

    make: Callable[[], Fault]
    reported: str


FAULTS: Final[dict[str, Named]] = {
    "slow": Named(lambda: Slow(5), "the answer comes 5 seconds late, and is right"),
    "too-slow": Named(lambda: Slow(60), "the answer comes 60 seconds late, which is longer than clients wait"),
    "held": Named(Held, "the call waits until 'release', and is done then"),
    "held-after-done": Named(lambda: Held(after_change=True), "it is done, and its answer waits until 'release'"),
    "cut": Named(lambda: Cut(done=False), "not done; the connection is cut without an answer"),
    "cut-after-done": Named(Cut, "done; the connection is cut without an answer"),
    "cut-in-head": Named(lambda: Cut(30), "done; the connection is cut after 30 bytes of the answer"),
    "cut-in-body": Named(lambda: Cut(9, in_body=True), "done; the connection is cut after 9 bytes of the body"),
    "half-body": Named(HalfBody, "done; the connection is closed after half of the body"),
    "half-json": Named(HalfJson, "done; half of the body comes, and HTTP says that it is the whole"),
    "length-too-large": Named(lambda: WrongLength(100), "done; Content-Length says 100 bytes more than there are"),
    "length-too-small": Named(lambda: WrongLength(-5), "done; Content-Length says 5 bytes less than there are"),
    "expired": Named(Expired, "not done; error -32001, and the session is over"),
    "expired-after-done": Named(lambda: Expired(done=True), "done; error -32001 nevertheless, and the session is over"),
    "status-500": Named(lambda: status(500), "not done; HTTP 500 and a page"),
    "status-500-after-done": Named(lambda: status(500, done=True), "done; HTTP 500 and a page"),
    "status-503": Named(lambda: status(503), "not done; HTTP 503 and a page"),
    "too-large": Named(too_large, "not done; HTTP 413 and a page, as if the request were too large"),
    "redirect": Named(
        lambda: redirect("https://elsewhere.example/"), "not done; HTTP 302 to https://elsewhere.example"
    ),
    "html": Named(html, "not done; HTTP 200 and a page instead of JSON"),
    "html-after-done": Named(lambda: html(done=True), "done; HTTP 200 and a page instead of JSON"),
    "invalid-utf8": Named(invalid_utf8, "not done; JSON, but for bytes that are no UTF-8"),
    "null": Named(null, "not done; JSON, but no object"),
    "huge": Named(Huge, "not done; JSON of 64 MiB"),
    "invalid-params": Named(Error, "not done; error -32602"),
    "no-method": Named(lambda: Error(errors.NO_METHOD, "Method not found."), "not done; error -32601"),
    "failed": Named(lambda: Error(errors.FAILED, "internal database error"), "not done; error 1000"),
    "not-found": Named(lambda: Error(errors.NOT_FOUND, "It does not exist."), "not done; error 1002"),
    "no-license": Named(lambda: Error(errors.LICENSE, "User count license exceeded."), "not done; error 1003"),
    "no-rights": Named(lambda: Error(errors.DENIED, errors.denied().message), "not done; error 1004"),
    "item-error": Named(AnyItems, "1000 for the first user of the call; the others are done"),
    "item-errors": Named(lambda: AnyItems(every=True), "1000 for every user of the call"),
    "churn": Named(Churn, "done; right after it the first user of the domain is removed, and another one added"),
    "half": Named(Half, "the first half of the users is done, and the answer says that all are"),
    "half-failed": Named(lambda: Half(errors.FAILED), "the first half of the users is done; error 1000"),
    "item-no-license": Named(
        lambda: AnyItems(code=errors.LICENSE, message="User count license exceeded."),
        "1003 for the first user of the call; the others are done",
    ),
    "item-no-rights": Named(
        lambda: AnyItems(code=errors.DENIED, message=errors.denied().message),
        "1004 for the first user of the call; the others are done",
    ),
}
"""Those of items are for Users.create, set, remove and activate; to other calls they do nothing."""


def listed() -> str:
    """All of them, as lines."""
    width = max(map(len, FAULTS))
    lines = (f"{name:{width}}  {each.reported}" for name, each in FAULTS.items())
    return "\n".join(("Faults of the TEST SERVER; 'item-...' are for calls that change users:", *lines))
