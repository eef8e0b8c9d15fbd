"""What no one outside knows of a real server, each with a default that can be changed.

The letters are those of the list of facts this server is built from (section 9). A client that holds with every value
here stays on its feet whatever a real server does.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Role = Literal["UserRole", "Auditor", "AccountAdmin", "FullAdmin", "BuiltInAdmin"]


@dataclass(slots=True)
class Unknowns:
    """One choice for each open question."""

    login_failure: tuple[int, str] = (-32000, "Invalid user name or password.")
    """a. Code and message for a wrong name or password: made up, as are those of other test doubles."""

    token_in: Literal["header", "body", "either"] = "header"
    """b. Where the token has to be, beside the cookie. Documented is the header."""

    default_limit: int = -1
    """c. Rows for a query that says no limit; -1 is all."""

    most_users: int | None = None
    """c. No more users than these in one answer, whatever limit was asked for."""

    totals: Literal["stated", "missing", "of the page", "negative", "empty"] = "stated"
    """c. What `totalItems` of a list says: how many rows there are, nothing, how many came, -1, or an empty text."""

    pages: Literal["work", "start ignored", "limit ignored"] = "work"
    """c. Whether lists take notice of both `start` and `limit`."""

    unknown_fields: Literal["ignored", "refused"] = "ignored"
    """c. What a query for a member that there is not gives; refused is -32602."""

    hidden_members: frozenset[str] | None = None
    """i. Members of users that are not shown, because the server is older, or the caller has no right to them."""

    by_last_login: Literal["refused", "works"] = "refused"
    """d. Whether `lastLoginInfo` may be sorted by and asked for in conditions; refused is -32602."""

    never: Literal["zero", "empty", "missing", "absent"] = "zero"
    """e. A user who never logged in: dateTime 0, dateTime "", an empty lastLoginInfo, or none at all."""

    updating_protocols: frozenset[str] | None = None
    """e. Logins over these are remembered as the last login; None is all."""

    create_fails: Literal["items", "call"] = "items"
    """f. Whether one user who can't be created is reported in `errors`, or fails the whole call, which makes none."""

    license_message: str = "User count license exceeded."
    """f. What comes with code 1003."""

    enable_over_license: Literal["allowed", "refused"] = "refused"
    """f. What enabling a user does when no seat is free."""

    allowed_users: Literal["most", "remaining"] = "most"
    """g. What `MaximumUsers.allowedUsers` says. `limit` is the most always."""

    unlimited: int = -1
    """g. `userMaxCount` of a domain without a limit, and the value of the constant Unlimited."""

    active_after_restart: Literal["none", "kept"] = "none"
    """h. Whether `getMailboxCount.active` begins again at a restart."""

    active_when_disabled: bool = False
    """h. Whether a disabled user whose mailbox was active is still counted as active."""

    seats_freed: Literal["at once", "at restart"] = "at once"
    """Whether deleting a user frees the seat before the next restart. Disabling does at once."""

    account_admin_sees: Literal["own domain", "all"] = "own domain"
    """i. The domains that an Account Admin sees and works in."""

    account_admin_counts: Literal["own domain", "all"] = "all"
    """i. The users that are in the server's totals when an Account Admin asks for them."""

    refused_reads: dict[Role, frozenset[str]] = field(default_factory=dict)
    """i. Reading methods that a role may not call (1004)."""

    auditor_domains_without_query: bool = True
    """i. `Domains.get` of an Auditor without `query` is error 1000, as was seen once."""

    disabled_in_directory: Literal["enabled", "disabled"] = "enabled"
    """j. What `isEnabled` says of a mapped user who is disabled in the directory."""

    deactivated: Literal["gone", "disabled"] = "gone"
    """j. A mapped user after `DSModeDeactivate`: waiting to be activated again, or listed and disabled."""

    sessions_per_user: int | None = None
    """k. Sessions that one user may have; the oldest ends when there is one more."""

    session_idle: timedelta | None = None
    """How long a session lives without a call. A setting of a server, whose default is unknown."""

    expired_license: Literal["works", "refuses"] = "works"
    """n. Whether calls are refused (1004) after the license has ended. Seen once: the web administration works."""

    error_data: Literal["always", "with parameters"] = "always"
    """Whether an error without parameters has `data` too. It may be missing; one public client stumbles if it is."""

    enums: Literal["strings", "integers"] = "strings"
    """Integers are what servers of the 7.0 and 7.1 era sent, and took."""

    calls_per_connection: int | None = None
    """After so many calls a connection is closed, without saying so before, as idle ones are by some servers."""

    login_time_format: str = "%Y-%m-%d %H:%M:%S"
    """How `UserStats` writes a last login."""
