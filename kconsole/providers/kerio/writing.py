"""Changes to accounts on a server, and what it says to each.

Whatever is not done is told account by account, also where the server refuses the call as a whole. An answer that
does not come, or that nobody understands, is `AnswerLost`: then it has to be asked what is so.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kconsole.core.records import MailboxFate
from kconsole.net.secrets import Secret
from kconsole.providers.kerio.answers import error_of
from kconsole.providers.kerio.errors import (
    ItemError,
    ServerError,
    ServerRefused,
    StrangeAnswer,
    reason_of,
)
from kconsole.providers.kerio.values import number, rows, text

if TYPE_CHECKING:
    from kconsole.providers.kerio.client import KerioClient

MOST_AT_ONCE: Final = 500
"""Accounts that may be changed by one call."""

_METHODS: Final[Mapping[MailboxFate, str]] = {
    "keep": "UDeleteUser",
    "delete": "UDeleteFolder",
    "transfer": "UMoveFolder",
}


class NewUser(NamedTuple):
    """A user to be made."""

    domain_id: str
    login: str
    full_name: str = ""
    description: str = ""
    enabled: bool = True
    password: Secret | None = None


class Removal(NamedTuple):
    """A user to be removed."""

    user_id: str
    mailbox: MailboxFate
    transfer_to: str = ""
    """The id of the user who takes over the mailbox, where it is transferred."""
    remove_references: bool = True
    """Whether his aliases, roles and memberships go as well."""


class Created(NamedTuple):
    """A user that was made."""

    id: str
    """Empty where the server did not tell."""


def set_enabled(line: "KerioClient", user_ids: Sequence[str], enabled: bool) -> tuple[ItemError, ...]:
    """Enable or disable users, at most `MOST_AT_ONCE`.

    Returns:
        Those that it was not done for.

    Raises:
        ServerRefused: the server does not understand the call; nothing was done.
        AnswerLost: it is not known which of them it was done for.
        SourceAway: nothing was done.
    """
    return _changed(line, "Users.set", {"userIds": list(user_ids), "pattern": {"isEnabled": enabled}}, len(user_ids))


def create(line: "KerioClient", user: NewUser) -> Created | ItemError:
    """Make a user. Only one at a time: some servers may refuse all for the sake of one.

    Raises:
        As `set_enabled`.
    """
    made: dict[str, object] = {
        "domainId": user.domain_id,
        "loginName": user.login,
        "fullName": user.full_name,
        "description": user.description,
        "isEnabled": user.enabled,
    }
    if user.password is not None:
        made["password"] = user.password
    parameters = {"users": [made]}
    answer = _answered(line, "Users.create", parameters, 1)
    errors = answer if isinstance(answer, tuple) else _errors(line, "Users.create", parameters, answer, 1)
    if errors:
        return errors[0]
    try:
        ids = [] if isinstance(answer, tuple) else [text(row, "id") for row in rows(answer, "result")]
    except StrangeAnswer:
        ids = []
    return Created(ids[0] if ids else "")


def remove(line: "KerioClient", removals: Sequence[Removal]) -> tuple[ItemError, ...]:
    """Remove users, at most `MOST_AT_ONCE`.

    Returns:
        Those that were not removed.

    Raises:
        As `set_enabled`.
    """
    requests = [
        {
            "userId": removal.user_id,
            "method": _METHODS[removal.mailbox],
            "removeReferences": removal.remove_references,
            "targetUserId": removal.transfer_to if removal.mailbox == "transfer" else "",
            "mode": "DSModeDelete",
        }
        for removal in removals
    ]
    return _changed(line, "Users.remove", {"requests": requests}, len(requests))


def _changed(line: "KerioClient", method: str, parameters: Mapping[str, object], items: int) -> tuple[ItemError, ...]:
    if items == 0:
        return ()
    answer = _answered(line, method, parameters, items)
    return answer if isinstance(answer, tuple) else _errors(line, method, parameters, answer, items)


def _answered(
    line: "KerioClient", method: str, parameters: Mapping[str, object], items: int
) -> dict[str, Any] | tuple[ItemError, ...]:
    """The result of a call; or, where the server refused the call as a whole, that of each item."""
    if items > MOST_AT_ONCE:
        raise ValueError(f"{items} accounts are too many for one call")
    try:
        return line.call(method, parameters, changes=True)
    except ServerRefused as error:
        if error.number < 0:
            raise
        refused = ServerError(error.number, error.said)
    return tuple(_item(index, refused) for index in range(items))


def _errors(
    line: "KerioClient", method: str, parameters: Mapping[str, object], result: Mapping[str, Any], items: int
) -> tuple[ItemError, ...]:
    """What a result says was not done."""
    found: dict[int, ItemError] = {}
    try:
        for row in rows(result, "errors"):
            index = number(row, "inputIndex")
            if index is None or not 0 <= index < items:
                raise StrangeAnswer("has an error that is of none that was asked for")
            found[index] = _item(index, line.unspoken(error_of(row), parameters))
    except StrangeAnswer as error:
        clause = str(error)
    else:
        return tuple(found[index] for index in sorted(found))
    raise line.strange(method, clause, changes=True)


def _item(index: int, error: ServerError) -> ItemError:
    return ItemError(index, error.code, reason_of(error.code), error.said)
