"""The two ways in which a call fails: as a whole, or for one item of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

SESSION: Final = -32001
INVALID_REQUEST: Final = -32600
NO_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
PARSE: Final = -32700
FAILED: Final = 1000
EXISTS: Final = 1001
NOT_FOUND: Final = 1002
LICENSE: Final = 1003
DENIED: Final = 1004


@dataclass(slots=True)
class ApiError(Exception):
    """A call that failed as a whole; also what is reported of one item."""

    code: int
    message: str
    parameters: Sequence[str] = ()

    def as_object(self, *, data: bool = True) -> dict[str, Any]:
        """The `error` of a JSON-RPC answer, with `data` always or only if there are parameters."""
        reported: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.parameters or data:
            reported["data"] = {"messageParameters": self._parameters()}
        return reported

    def as_item(self, index: int) -> dict[str, Any]:
        """One of `result.errors`."""
        return {
            "inputIndex": index,
            "code": self.code,
            "message": self.message,
            "messageParameters": self._parameters(),
        }

    def _parameters(self) -> dict[str, Any]:
        return {"positionalParameters": list(self.parameters), "plurality": 1}


def invalid(what: str = "") -> ApiError:
    """Wrong or missing parameters. A real server doesn't say which; in `what` this one tells whoever reads a test."""
    return ApiError(INVALID_PARAMS, "Invalid params.", (what,) if what else ())


def denied() -> ApiError:
    """The caller has no right to do this."""
    return ApiError(DENIED, "Insufficient rights to perform the requested operation.")


def not_logged_in(message: str = "The user is not logged in.") -> ApiError:
    """There is no session, or no longer."""
    return ApiError(SESSION, message)


def not_there(what: str, name: str) -> ApiError:
    """Something that was named by its id is not there."""
    return ApiError(NOT_FOUND, f"{what} %1 does not exist.", (name,))
