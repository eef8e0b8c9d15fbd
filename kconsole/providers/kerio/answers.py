"""Reads a server's answers as JSON-RPC: a result, an error, or neither."""

import re
from typing import Any, Final

import orjson

from kconsole.core.codes import short
from kconsole.providers.kerio.errors import ServerError, StrangeAnswer

MOST_PARTS: Final = 500_000
"""Objects and lists in an answer beyond which it is refused: a page of 8,000 users with all fields has 320,000."""
MOST_VALUES: Final = 4_000_000

_PLACEHOLDER: Final = re.compile(r"%([1-9]\d?)", re.ASCII)

_STATUS: Final = (401, 403, 404, 413, 429, 503)
"""Those of HTTP that have an explanation."""


def read_answer(content: bytes, status: int, location: str, request: int) -> dict[str, Any] | ServerError:
    """The result or the error that an answer holds; raises StrangeAnswer if it holds neither.

    Args:
        content: the whole body.
        status: of HTTP; errors of JSON-RPC come with 200.
        location: where a redirect leads; empty if there is none.
        request: the number of the request, which the answer has to repeat.
    """
    if content.count(b"{") + content.count(b"[") > MOST_PARTS or content.count(b",") > MOST_VALUES:
        raise StrangeAnswer("strange-many")  # what is small on its way may be large in memory
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if type(document) is dict and ("error" in document or (status == 200 and "result" in document)):
        return _read(document, request)
    if 300 <= status < 400:
        raise StrangeAnswer("strange-redirect", location=short(location))
    if status != 200:
        raise StrangeAnswer(f"strange-http-{status}" if status in _STATUS else "strange-http", status=status)
    if document is not None:
        raise StrangeAnswer("strange-json")
    if not content.strip():
        raise StrangeAnswer("strange-empty")
    if content.lstrip()[:1] == b"<":
        raise StrangeAnswer("strange-web-page")
    raise StrangeAnswer("strange-no-json")


def filled(message: str, parameters: object) -> str:
    """A message with its parameters in the places that are kept for them."""
    given = parameters.get("positionalParameters") if isinstance(parameters, dict) else None
    values = [value for value in given if isinstance(value, str)] if isinstance(given, list) else []

    def value_of(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        return values[place] if place < len(values) else "…"

    return _PLACEHOLDER.sub(value_of, message)


def error_of(document: object) -> ServerError:
    """An error as it stands in an answer, or in the list of errors of a result; raises StrangeAnswer without a code."""
    if not isinstance(document, dict):
        raise StrangeAnswer("strange-error-object")
    code = document.get("code")
    if type(code) is str and re.fullmatch(r"-?\d{1,6}", code, re.ASCII):
        code = int(code)
    if type(code) is not int:
        raise StrangeAnswer("strange-error-number")
    message = document.get("message")
    data = document.get("data")
    parameters = document.get("messageParameters")
    if parameters is None and isinstance(data, dict):
        parameters = data.get("messageParameters")
    return ServerError(code, filled(message, parameters).strip() if isinstance(message, str) else "")


def _read(document: dict[str, Any], request: int) -> dict[str, Any] | ServerError:
    if document.get("id") not in (None, request, str(request)):
        raise StrangeAnswer("strange-request-number")
    if document.get("error") is not None:
        return error_of(document["error"])
    result = document.get("result")
    if result is None and "result" in document:
        return {}
    if not isinstance(result, dict):
        raise StrangeAnswer("strange-result")
    return result
