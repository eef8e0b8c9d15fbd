"""Sentences about mail servers: connections to them, refusals, syncs, and changes that go to them."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.core.server import ASKED
from kconsole.text.sentences.base import Both, Template

_WHY: Final = {
    "exists": "that name is already in use",
    "not-there": "it no longer exists, or never did",
    "license-full": "the license allows no more users",
    "no-right": "the login has no right to do that",
    "failed": "the operation failed",
    "too-large": "the request is too large",
    "not-understood": "it does not understand the request",
    "session-ended": "the session has expired",
    "not-given": "the server does not report it",
    "late": "the server did not answer in time",
    "own-domain-only": "the login may see its own domain only",
    "strange": "the server's answer cannot be used",
    "busy": "the server is not ready",
    "contradicted": "the server lists {listed:,}, and counts {counted:,}, so none of them counts as gone",
}
_AFTER: Final[Mapping[str, Template]] = {
    "exists": "Choose another name, or look for the existing one.",
    "not-there": Both("Run 'kconsole sync': it may have been removed.", "Press {key_sync}: it may have been removed."),
    "license-full": "Disable an account to free a seat, or buy more seats.",
    "no-right": "Log in as an administrator who has it. An account cannot change itself or one of higher rights.",
    "not-understood": "The server may be too old or too new for this.",
    **dict.fromkeys(("failed", "too-large", "session-ended", "other"), "Check the server's error log."),
}

_FIGURES: Final = {
    "user-count": "the number of users",
    "mailbox-counts": "the numbers of mailboxes",
    "server-start": "the start of the server",
    "built-in-admin": "the built-in administrator",
    "other-domains": "other domains",
    "license-seats": "the number of licensed users",
    "moderators": "who moderates mailing lists",
    "home-server": "which server of the distributed domain this is",
}
"""The figures whose display name differs from their code."""

_KINDS: Final = {"alias": "an alias", "builtin_admin": "the built-in administrator"}
"""The kinds of entries whose display name differs from their code."""

_STRANGE: Final[Mapping[str, Template]] = {
    "strange-redirect": lambda params: f"leads to {'{location}' if params['location'] else 'another address'}",
    "strange-http": "is HTTP {status}",
    "strange-http-401": "is HTTP 401: it wants another kind of login",
    "strange-http-403": "is HTTP 403: it refuses connections from here",
    "strange-http-404": "is HTTP 404: it has no administration there",
    "strange-http-413": "is HTTP 413: the request is too large for it",
    "strange-http-429": "is HTTP 429: it receives too many requests",
    "strange-http-503": "is HTTP 503: it is not ready",
    "strange-json": "is JSON, but neither a result nor an error",
    "strange-empty": "is empty",
    "strange-web-page": "is a web page",
    "strange-no-json": "is incomplete, or is not JSON",
    "strange-error-object": "has an invalid error",
    "strange-error-number": "has an error without a number",
    "strange-error-index": "has an error for an account that was not asked for",
    "strange-request-number": "belongs to another request",
    "strange-result": "has a result that is not an object",
    "strange-name": "has an invalid {field}, or none",
    "strange-no-list": "has no list",
    "strange-field": "has a {field} of the wrong type",
    "strange-count": "counts {count} rows",
    "strange-license": "does not describe the license",
    "strange-no-login": "does not say who is logged in",
    "strange-token": "has no token",
    "strange-packed": "is compressed, which was not asked for",
    "strange-many": "has more values in it than any list",
    "strange-size": "is larger than {most} MB",
}


def _denied(reason: str) -> Template:
    """A refusal for one account, with the server's own words if it has any."""
    return lambda params: f"the server refused: {reason}{'. It says: {said}' if params['said'] else ''}"


def _figure_missing(params: Mapping[str, Any]) -> str:
    of = " of {domains:some}" if params["domains"] else ""
    said = ". It says: {said}" if params["said"] else ""
    figure = _FIGURES.get(params["figure"]) or f"the {params['figure'].replace('-', ' ')}"
    return f"{figure}{of}: {_WHY.get(params['reason'], 'the server refused it')}{said}"


def _mapped_there(params: Mapping[str, Any]) -> str:
    facts = [params["kind"].replace("_", "-")] if params["kind"] else []
    words = {"host": "host", "base": "base", "user": "read as"}
    facts += [f"{word} {{{name}}}" for name, word in words.items() if params[name]]
    directory = f"a directory ({', '.join(facts)})" if facts else "a directory"
    return f"{{domain}} is mapped from {directory} there; no directory is set for it in this store"


def _insecure(text: str) -> Template:
    return lambda params: f"{text}{'. INSECURE: its certificate is not checked' if params['insecure'] else ''}"


def _accounts_only(params: Mapping[str, Any]) -> str:
    kind = _KINDS.get(params["kind"]) or f"a {params['kind'].replace('_', ' ')}"
    return f"is {kind}: on the server, kconsole changes accounts only"


_SYNC: Final = Both("Run 'kconsole sync'.", "Press {key_sync} to read the server.")
_LOGIN: Final = "Log in as an administrator who has that right."

TEMPLATES: Final[Mapping[str, Template]] = {
    # Without a server, or beside one
    "no-server": "No server is configured for this store.",
    "add-a-server": Both(
        "Configure one with 'kconsole server add NAME --url https://... --user ...'.",
        "Configure one on the command line with 'kconsole server add'.",
    ),
    "offline-change": "Nothing was changed: the server {server} has to be changed first, and --offline forbids that.",
    "leave-out-offline-to-change": "Leave out --offline. Nothing is queued for later.",
    "password-needed": "Nothing was changed: the server {server} has to be changed first, and no password is given.",
    "give-the-password": "Give the password that kconsole logs in with. Nothing is queued for later.",
    "offline-read": "The server {server} was not contacted: --offline forbids it.",
    "leave-out-offline-to-read": "Leave out --offline to contact the server.",
    "only-without-server": (
        "This store follows the server {server}. '{operation}' would change the store only, not the server."
    ),
    "do-it-there-or-without-server": Both(
        "Do it in the server's administration, then run 'kconsole sync'; or use a store without a server.",
        "Do it in the server's administration, then read it with {key_sync}; or use a store without a server.",
    ),
    "server-added-meanwhile": "Nothing was changed: the server {server} has just been configured for this store.",
    "look-at-the-server": Both("Look at it with 'kconsole server', and try again.", "Look at it, and try again."),
    # Connections
    "provider-unknown": "No provider named {name} is installed.",
    "install-provider": "Install the package that offers it.",
    "password-missing": "The password of {user} is missing.",
    "give-the-login-password": "Give the password that kconsole logs in with.",
    "not-logged-in": "kconsole is not logged in to {server}.",
    "login-failed": "{server} refused the login of {user}.",
    "check-login": (
        "Name or password may be wrong, the account disabled, locked or expired, or its user no administrator. Outside"
        " the primary domain the name needs its @domain."
    ),
    "session-ended-again": "{server} ended the session right after a new login.",
    "session-ends-again-why": (
        "Try again later. Another administrator may be ending sessions, or the account may not be an administrator."
    ),
    "server-cancelled": "Cancelled. {server} did not answer.",
    "reading-cancelled": "Cancelled.",
    "not-kerio": "{server} does not answer like a Kerio Connect server: its answer to {method} {why}.",
    "see-error-log": "Try again; if it persists, check the server's error log.",
    "server-gave-up": "{server} took too long for {method}.",
    "try-again-soon": "Try again later.",
    "list-kept-changing": "The list of {method} on {server} changed while it was read, {times} times in a row.",
    "try-again-when-quiet": "Try again when fewer accounts are being changed.",
    "login-may-not-read": "{server} does not let {user} read what is needed.",
    "log-in-as-auditor": "Read the server with another login: an Auditor may read all of it.",
    "maybe-old-or-new": "Check the server's error log. The server may be too old or too new.",
    **_STRANGE,
    # Refusals
    "server-refused": "{server} refused: {why}.",
    "server-says": lambda params: (
        f"The server says to {{method}}: {'{said}' if params['said'] else 'only a number'} (error {{number}})"
    ),
    **{f"why-{reason}": text for reason, text in _WHY.items()},
    "why-other": "it failed with error {number}",
    **{f"after-{reason}": text for reason, text in _AFTER.items()},
    # Changes whose result is not known
    "answer-lost": "{server} did not confirm {method}: {why}.",
    "lost-session": "it ended the session. {then}",
    "again-not-all": "Sent again, not all of it was done",
    "again-refused": "Sent again, it was refused: {why}",
    "lost-strange": "its answer {problem}",
    "lost-unchecked": "what it changed could not be read again. {then}",
    "lost-cancelled": "the wait for its answer was cancelled",
    "lost-gave-up": "it took too long",
    "no-id-of-new": "{server} returned no id for {login}, and does not list it.",
    "not-known-whether-added": "It is not known whether it was added.",
    "sync-shows-state": Both(
        "Run 'kconsole sync' to see the current state. The next change on the server resolves it as well.",
        "Press {key_sync} to see the current state. The next change on the server resolves it as well.",
    ),
    "unconfirmed": "is not confirmed by the server",
    "restart-not-noted": (
        "The server {server} was restarted since it was last read. That has to be noted before accounts are deleted."
    ),
    "unconfirmed-first": "The server first has to show the result of unconfirmed changes to {addresses:some}.",
    "resolved": lambda params: f"was {'' if params['done'] else 'not '}{ASKED[params['operation']]} on the server",
    # Changes that the server refuses
    "not-asked": "the server was not asked",
    "accounts-only-there": _accounts_only,
    "changes-more-than-enabled": "would change more than whether it is enabled",
    "only-here": "is in this store only, not on the server",
    "heir-only-here": "{address} is in this store only, not on the server: it cannot take over a mailbox.",
    "fate-not-possible": "{product} cannot {fate} the mailbox of a deleted account.",
    "choose-another-fate": "Choose something else for the mailbox.",
    "only-in-administration": "It would change something that only the server's administration can change.",
    "deleted-for-good": "was deleted on the server, which cannot be undone",
    "add-it-again": Both(
        "Add it again with 'kconsole add': the server attaches a mailbox that was kept.",
        "Add it again: the server attaches a mailbox that was kept.",
    ),
    "domain-never-read": "is in {domain}, a domain that was never read from the server",
    "server-never-read": "{server} was never read, so its accounts are not known.",
    "sync-first": _SYNC,
    "sync-if-changed": Both(
        "If that has changed, run 'kconsole sync'.", "If that has changed, read the server with {key_sync}."
    ),
    **{f"denied-{reason}": _denied(_WHY[reason]) for reason in _WHY if reason in _AFTER},
    "denied-not-done": "the server reported success, and did not do it",
    "after-denied-not-done": "Try again, or look in the server's error log.",
    "denied-other": _denied("it failed"),
    **{f"after-denied-{reason}": text for reason, text in _AFTER.items()},
    "denied-domain-gone": _denied("its domain {domain} no longer exists"),
    "after-denied-domain-gone": _SYNC,
    "denied-not-there-or-heir": _denied("it or {heir}, who takes over its mailbox, no longer exists"),
    "after-denied-not-there-or-heir": _SYNC,
    "denied-own-account": _denied("kconsole logs in with this account, and an account cannot change itself"),
    "after-denied-own-account": Both(
        "Do it as another administrator: see 'kconsole server add'.", "Do it as another administrator."
    ),
    "denied-auditor": _denied("{login} is an auditor, who may read only"),
    "after-denied-auditor": _LOGIN,
    "denied-higher-rights": _denied("it has higher rights than {login}"),
    "after-denied-higher-rights": "Log in as an administrator with at least the same rights.",
    "denied-license-ended": _denied("it does not accept this change at present"),
    "after-denied-license-ended": Both(
        "Its license may have expired: see 'kconsole license show', or the server's administration.",
        "Its license may have expired: see the license, or the server's administration.",
    ),
    "denied-no-right-to-it": _denied("{login} has no right to change it"),
    "after-denied-no-right-to-it": (
        "Log in as an administrator who has it. An account administrator may change its own domain only."
    ),
    # Syncs
    "new-on-server": "is on the server",
    "changed-on-server": "changed on the server",
    "replaced-on-server": "is another account on the server now, with the same address",
    "gone-from-server": "is gone from the server",
    "yields-address": "was in this store only, and another entry on the server has its address now",
    "figure-missing": _figure_missing,
    "addresses-doubled": "ignored, because something else on the server has the same address: {addresses:some}",
    "logins-unknown": "accounts whose last login the server does not report, which counts as unknown: {count:,}",
    "homes-unknown": lambda params: (
        "{count:count user} of a distributed domain, "
        + ("whose mailbox" if params["count"] == 1 else "whose mailboxes")
        + " may be on another of its servers and take no seat of this one, counted here: {addresses:some}. A login"
        " that may read the server's settings shows which"
    ),
    "logins-odd": "last logins with an impossible date, which count as unknown: {count:,}",
    "mapped-there": _mapped_there,
    "domain-name-moved": (
        "The name {name:address} belongs to another domain on the server now, and the login does not see what became of"
        " the one that had it."
    ),
    "server-changed-meanwhile": (
        "While {url} was read as {user}, another server was configured for this store: {name} at {new_url} as"
        " {new_user}."
    ),
    "nothing-taken-read-that-one": "Nothing was saved. Read the new server.",
    # The server of a store
    "server-added": _insecure("is the server of this store"),
    "server-added-already": "is the server of this store already",
    "server-settings-changed": _insecure("is the server of this store, with other settings"),
    "server-moved": _insecure("is the server of this store, at {url} instead of {old_url}: read it first"),
    "follows-another-server": "This store follows the server {server} already.",
    "one-store-one-server": (
        "A store mirrors one license, of one server. Remove that server first, or use another store."
    ),
    "no-server-to-remove": "there is no server",
    "given-up": lambda params: (
        f"is given up: it is not known whether it was {ASKED[params['operation']]} on {{server}}"
    ),
    "server-removed": "is no longer the server of this store; its accounts stay",
    "changes-unconfirmed": "Changes on {server} are not confirmed yet: {addresses:some}.",
    "sync-or-forget": Both(
        "Run 'kconsole sync' first. If the server is gone for good, give them up with"
        " 'kconsole server remove --forget-open'.",
        "Press {key_sync} first.",
    ),
    # Connecting to Kerio Connect
    "administrator-missing": "The user name to log in with is missing.",
    "administrator-example": "Give the name of an administrator, as in admin@mail.example.",
    "not-http": "{url} does not answer like a Kerio Connect server: it does not speak HTTP.",
    "usual-kerio-port": "Check host and port: the administration usually listens on port 4040.",
    "call-not-answered": "The call was {method}",
    "address-form-kerio": (
        "Write it as https://mail.example or https://mail.example:4040. Over http:// anyone on the way could read the"
        " password."
    ),
}
