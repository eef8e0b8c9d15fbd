"""What went wrong with a directory's server, in words: what happened, and what to do next."""

import socket
import ssl
from typing import Final

from kconsole.core.codes import short
from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.directories.settings import ServerAddress

_ACTIVE_DIRECTORY_REASONS: Final = {
    "525": "there is no such name",
    "52e": "the name or the password is wrong",
    "530": "the account may not log in at this time",
    "531": "the account may not log in from here",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password must be changed first",
    "775": "the account is locked",
}
"""By the code after `data` in what Active Directory says to a refused bind. Source: Microsoft, LDAP Wiki."""


class StrangeAnswer(OSError):
    """What came is no answer to be read; its text is a clause."""


def told_trouble(directory: Directory, address: ServerAddress, error: Exception) -> SourceAway:
    """That a server does not answer, by what the system said of it."""
    url = directory.url
    if isinstance(error, socket.gaierror):
        return SourceAway(
            f"{url} cannot be found: the name {address.host} is not known.", "Check the name of the host."
        )
    if isinstance(error, ConnectionRefusedError):
        return SourceAway(
            f"{url} cannot be reached: nothing answers on port {address.port}.",
            "Check host and port, and that the directory's server is running.",
        )
    if isinstance(error, StrangeAnswer):
        return SourceAway(
            f"{url} does not answer as a directory: {error}.",
            "Check host and port: ldaps:// is usually port 636, ldap:// port 389.",
        )
    if isinstance(error, TimeoutError):
        return SourceAway(f"{url} did not answer in time.", "Try again; look at the server and at the way to it.")
    if isinstance(error, ssl.SSLError):
        return SourceAway(
            f"{url} did not agree on encryption: {_reason(error)}.",
            "Check that the port speaks TLS, and that the server knows TLS 1.2 or newer.",
        )
    if isinstance(error, ConnectionError) or "terminated" in str(error):
        return SourceAway(
            f"{url} ended the connection in the middle.",
            "Try again; look at the server and at the way to it.",
        )
    if isinstance(error, OSError) and "rrno " in str(error):  # what ldap3 does not understand has no number
        return SourceAway(f"{url} cannot be reached: {_reason(error)}.", "Check host and port, and the way to it.")
    return SourceAway(
        f"{url} gave an answer that cannot be understood.",
        "Check host and port: the server that answers may be no directory.",
        [type(error).__name__],
    )


def bind_trouble(directory: Directory, result: int, said: str) -> SourceAway:
    """That a server does not let in who asks. Whatever the password was, it is not told."""
    url, name = directory.url, directory.bind_as
    details = _details(said, result)
    if result in (7, 8, 13):
        return SourceAway(
            f"{url} wants a safer connection before it takes a password.", "Use ldaps://, or StartTLS.", details
        )
    if not name:
        return SourceAway(f"{url} lets in nobody without a name.", "Give a name to bind as, and its password.", details)
    if result == 34:
        return SourceAway(
            f"{url} takes {short(name)} for no name.", "Most directories want a distinguished name to bind as.", details
        )
    if result in (48, 49, 50, 53):
        reason = next((text for code, text in _ACTIVE_DIRECTORY_REASONS.items() if f"data {code}," in said), "")
        return SourceAway(
            f"{url} did not let in {short(name)}: {reason or 'the name or the password is wrong'}.",
            "Check the name and the password. Most directories want a distinguished name.",
            details,
        )
    return SourceAway(f"{url} did not let in {short(name)}.", "Look into the log of the server.", details)


def search_trouble(directory: Directory, base: str, result: int, said: str) -> SourceAway:
    """That a server does not say what there is below a base."""
    url, details = directory.url, _details(said, result)
    who = short(directory.bind_as) or "who asks without a name"
    message, hint = f"{url} did not answer the search.", "Look into the log of the server."
    if result == 32:
        message = f"{url} has no {short(base)}, or does not show it to {who}."
        hint = "Check the base, and what whoever binds may read."
    elif result in (3, 4, 11):
        message = f"{url} gives no more: a limit of the server is reached."
        hint = f"Have the server let {who} read all users, or narrow the base or the filter."
    elif result == 10:
        message = f"{url} says that {short(base)} is on another server."
        hint = "Name the server that has it. References are not followed, as a password could go anywhere."
    elif result in (1, 8, 13, 50):
        message = f"{url} does not let {who} read below {short(base)}."
        hint = "Bind as somebody who may."
    elif result in (51, 52, 53):
        message = f"{url} cannot answer at present."
        hint = "Try again later."
    return SourceAway(message, hint, details)


def _details(said: str, result: int) -> list[str]:
    """A server's own words: text from outside, in a line of its own."""
    return [f"The server says: {said} (result {result})"] if said else [f"The server says nothing but result {result}"]


def _reason(error: OSError) -> str:
    """The cause in the system's words, without its number."""
    text = error.strerror or str(error)
    return short(text.rpartition("] ")[2].partition("',)")[0].partition(" (_ssl")[0].rstrip("."))
