"""What went wrong with a directory, as codes: its server does not answer, refuses the login or fails the search."""

from typing import Final

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.net.failures import failure_of
from kconsole.net.settings import Address

_ACTIVE_DIRECTORY_REASONS: Final = {
    "525": "login-unknown",
    "530": "login-at-this-time",
    "531": "login-from-here",
    "532": "password-expired",
    "533": "login-disabled",
    "701": "login-expired",
    "773": "password-must-change",
    "775": "login-locked",
}
"""By the code after `data` in Active Directory's answer to a refused bind. Source: Microsoft, LDAP Wiki."""

_SEARCH_FAILURES: Final = {
    **dict.fromkeys((32,), ("search-base-missing", "check-base-and-rights")),
    **dict.fromkeys((3, 4, 11), ("search-limit-reached", "raise-limit-or-narrow")),
    **dict.fromkeys((10,), ("search-base-elsewhere", "use-the-other-server")),
    **dict.fromkeys((1, 8, 13, 50), ("search-not-allowed", "bind-with-more-rights")),
    **dict.fromkeys((51, 52, 53), ("directory-busy", "try-again-later")),
}
"""Code and hint, by the result of a search. Source: RFC 4511, appendix A."""


class StrangeAnswer(OSError):
    """The server's answer cannot be read as LDAP; its only argument is the message that says why."""


def connection_failure(directory: Directory, address: Address, error: Exception) -> SourceAway:
    """The error for a server that does not answer."""
    url = directory.url
    if isinstance(error, StrangeAnswer):
        return SourceAway("not-a-directory", "usual-ldap-ports", url=url, problem=error.args[0])
    if (failure := failure_of(url, address, error)) is not None:
        return SourceAway(*failure)
    details = [message("internal-error", name=type(error).__name__)]
    return SourceAway("answer-unreadable", "maybe-not-a-directory", details, url=url)


def bind_failure(directory: Directory, result: int, said: str) -> SourceAway:
    """The error for a refused bind. The password is never part of it."""
    params = {"url": directory.url, "name": short(directory.bind_as)}
    if result in (7, 8, 13):
        code, hint = "bind-needs-encryption", "use-ldaps"
    elif not directory.bind_as:
        code, hint = "anonymous-bind-refused", "name-who-binds"
    elif result == 34:
        code, hint = "bind-name-invalid", "bind-with-dn"
    elif result in (48, 49, 50, 53):
        reasons = (text for data, text in _ACTIVE_DIRECTORY_REASONS.items() if f"data {data}," in said)
        code, hint = next(reasons, "login-refused"), "check-name-and-password"
    else:
        code, hint = "bind-failed", "see-server-log"
    return SourceAway(code, hint, _details(said, result), **params)


def search_failure(directory: Directory, base: str, result: int, said: str) -> SourceAway:
    """The error for a search that the server did not complete."""
    code, hint = _SEARCH_FAILURES.get(result, ("search-failed", "see-server-log"))
    params = {"url": directory.url, "base": short(base), "name": short(directory.bind_as)}
    return SourceAway(code, Message(hint, params), _details(said, result), **params)


def _details(said: str, result: int) -> list[Message]:
    """The server's own words, which are text from outside."""
    return [message("directory-said" if said else "directory-said-nothing", said=said, result=result)]
