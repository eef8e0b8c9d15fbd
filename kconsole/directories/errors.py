"""What went wrong with a directory, as codes: its server does not answer, refuses the login or fails the search."""

import re
from typing import Final

from kconsole.core.codes import Message, message, short
from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.net.failures import failure_of
from kconsole.net.settings import Address

_ACTIVE_DIRECTORY_REASONS: Final = {
    "525": ("login-unknown", "check-name-and-password"),
    "52e": ("login-refused", "check-name-and-password"),
    "530": ("login-at-this-time", "change-logon-rights"),
    "531": ("login-from-here", "change-logon-rights"),
    "532": ("password-expired", "set-new-password"),
    "533": ("login-disabled", "enable-the-account"),
    "701": ("login-expired", "extend-the-account"),
    "773": ("password-must-change", "set-new-password"),
    "775": ("login-locked", "unlock-the-account"),
}
"""Code and hint, by the code after `data` in Active Directory's answer to a refused bind.

Source: Microsoft, LDAP Wiki.
"""

_POLICY_REASONS: Final = {
    0: ("password-expired", "set-new-password"),
    1: ("login-locked", "unlock-the-account"),
    2: ("password-must-change", "set-new-password"),
}
"""Code and hint, by the error in the answer of a password policy.

Source: Password Policy for LDAP Directories, draft-behera-ldap-password-policy, section 6.2.
"""

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


def connection_failure(directory: Directory, address: Address, error: Exception, is_bound: bool) -> SourceAway:
    """The error for a server that does not answer, or sends something else; `is_bound` after a login."""
    url = directory.url
    if isinstance(error, StrangeAnswer):
        problem = error.args[0]
        if is_bound and problem.code == "answer-too-large":
            return SourceAway("search-too-large", "narrow-the-search", url=url, **problem.params)
        return SourceAway("not-a-directory", "usual-ldap-ports", url=url, problem=problem)
    if (failure := failure_of(url, address, error)) is not None:
        return SourceAway(*failure)
    details = [message("internal-error", name=type(error).__name__)]
    return SourceAway("answer-unreadable", "maybe-not-a-directory", details, url=url)


def bind_failure(directory: Directory, result: int, said: str, policy: int | None = None) -> SourceAway:
    """The error for a refused bind. The password is never part of it. `policy` is the error of a password policy."""
    params = {"url": directory.url, "name": short(directory.bind_as)}
    hint: str | list[Message]
    if result in (7, 8, 13):
        code, hint = "bind-needs-encryption", "use-ldaps"
    elif not directory.bind_as:
        code, hint = "anonymous-bind-refused", "name-who-binds"
    elif result == 34:
        code, hint = "bind-name-invalid", "bind-with-dn"
    elif policy in _POLICY_REASONS:
        code, hint = _POLICY_REASONS[policy]
    elif result == 49:
        data = re.search(r"\bdata ([0-9a-f]+)\b", said, re.IGNORECASE)
        reason = _ACTIVE_DIRECTORY_REASONS.get(data[1].lower() if data else "52e")
        code, hint = reason or ("login-not-allowed", "see-what-the-server-says")
        if data is None:  # without a control of a password policy, and in OpenLDAP's default, all is "invalid"
            hint = [message(hint), message("perhaps-locked")]
    elif result in (19, 48, 50, 53):
        code, hint = "login-not-allowed", "see-what-the-server-says"
    else:
        code, hint = "bind-failed", "see-server-log"
    return SourceAway(code, hint, _details(said, result), **params)


def search_failure(directory: Directory, base: str, result: int, said: str, pages: bool) -> SourceAway:
    """The error for a search that the server did not complete; `pages` is whether it can answer page by page."""
    code, hint = _SEARCH_FAILURES.get(result, ("search-failed", "see-server-log"))
    if result == 4 and not pages:
        code = "search-limit-no-pages"
    params = {"url": directory.url, "base": short(base), "name": short(directory.bind_as)}
    return SourceAway(code, Message(hint, params), _details(said, result), **params)


def _details(said: str, result: int) -> list[Message]:
    """The server's own words, which are text from outside."""
    return [message("directory-said" if said else "directory-said-nothing", said=said, result=result)]
