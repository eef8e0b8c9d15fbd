"""Changes accounts on a server, and reads its answer for each.

A refusal of the whole call counts as a refusal of each account. An answer that is missing or cannot be understood is
`AnswerLost`: then only the server knows the result. A call for several accounts may be done in part, whatever its
answer says, so the accounts are read again after it.
"""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError
from kconsole.core.records import Entry
from kconsole.providers.base import (
    Answer,
    AnswerLost,
    Applied,
    Create,
    CreateAlias,
    Delete,
    Denied,
    Disable,
    Enable,
    Step,
)
from kconsole.providers.kerio.answers import error_of
from kconsole.providers.kerio.assumptions import DELETE, MOST_AT_ONCE, REMOVALS, TO_ADDRESS
from kconsole.providers.kerio.client import KerioClient
from kconsole.providers.kerio.errors import CallRefused, ServerError, StrangeAnswer, lost
from kconsole.providers.kerio.pages import USERS, Pages
from kconsole.providers.kerio.reading import Noticed, find_user, user_reader
from kconsole.providers.kerio.values import Row

_STATES: Final = USERS._replace(fields=("id", "loginName", "isEnabled"))
"""What is read again after a change."""

_MassStep = Disable | Enable | Delete


def apply(client: KerioClient, step: Step) -> Answer:
    """Change accounts. See `MailServer.apply`."""
    try:
        if isinstance(step, Create):
            return (_created(client, step),)
        if isinstance(step, CreateAlias):
            return (_alias_created(client, step),)
        if isinstance(step, Delete):
            requests = [_removal(id_, step) for id_ in step.ids]
            return _changed(client, "Users.remove", {"requests": requests}, step)
        pattern = {"isEnabled": isinstance(step, Enable)}
        return _changed(client, "Users.set", {"userIds": list(step.ids), "pattern": pattern}, step)
    except AnswerLost as error:
        return error


def _removal(id_: str, step: Delete) -> dict[str, object]:
    return {
        "userId": id_,
        "method": REMOVALS[step.fate],
        "removeReferences": True,  # aliases, roles and memberships go as well
        "targetUserId": step.heir_id if step.fate == "transfer" else "",
        "mode": DELETE,
    }


def _created(client: KerioClient, step: Create) -> Applied | Denied:
    """Create one user: some servers refuse all users of a call because of one."""
    user: dict[str, object] = {
        "domainId": step.domain_id,
        "loginName": step.login,
        "fullName": step.full_name,
        "description": step.description,
        "isEnabled": step.enabled,
    }
    if step.password is not None:
        user["password"] = step.password
    result = _result(client, "Users.create", {"users": [user]})
    if isinstance(result, Denied):
        return result
    denied = _errors(client, "Users.create", result, 1)
    return denied[0] if denied else Applied(_new_id(result) or _id_of(client, step))


def _alias_created(client: KerioClient, step: CreateAlias) -> Applied | Denied:
    alias: dict[str, object] = {
        "domainId": step.domain_id,
        "name": step.login,
        "deliverTo": step.deliver_to,
        "type": TO_ADDRESS,
        "description": "",
    }
    result = _result(client, "Aliases.create", {"aliases": [alias]})
    if isinstance(result, Denied):
        return result
    denied = _errors(client, "Aliases.create", result, 1)
    return denied[0] if denied else Applied(_new_id(result))


def _new_id(result: Mapping[str, Any]) -> str:
    try:
        return next((row.text("id") for row in Row(result).rows("result")), "")
    except StrangeAnswer:
        return ""


def _id_of(client: KerioClient, step: Create) -> str:
    """The id of a new user that the server did not give: without it, nothing can be asked about the user."""
    try:
        found = find_user(client, step.domain_id, step.login)
    except ConsoleError:
        found = None
    if found is None:
        raise AnswerLost("no-id-of-new", effect="not-known-whether-added", server=client.origin, login=step.login)
    return found.server_id


def _changed(
    client: KerioClient, method: str, parameters: Mapping[str, object], step: _MassStep
) -> tuple[Applied | Denied, ...]:
    ids = step.ids
    if len(ids) > MOST_AT_ONCE:
        raise ValueError(f"{len(ids)} accounts are too many for one call")
    if not ids:
        return ()
    result = _result(client, method, parameters)
    whole = result if isinstance(result, Denied) else None
    denied = {} if isinstance(result, Denied) else _errors(client, method, result, len(ids))
    answers = [denied.get(place) or whole or Applied(id_) for place, id_ in enumerate(ids)]
    if len(ids) > 1 and step.domain_ids:
        found = _read_again(client, method, step)
        for place, id_ in enumerate(ids):
            if place not in denied:
                answers[place] = Applied(id_) if _is_done(step, found.get(id_)) else whole or _not_done(found.get(id_))
    return tuple(answers)


def _read_again(client: KerioClient, method: str, step: _MassStep) -> dict[str, Entry]:
    """The accounts of the step's domains as they are after it, by their ids."""
    try:
        each = (Pages(client).all_of(_STATES, user_reader("", Noticed()), id_) for id_ in step.domain_ids)
        return {user.server_id: user for users in each for user in users}
    except ConsoleError as error:
        raise lost(client.origin, method, message("lost-unchecked", then=error.happened), *error.details) from None


def _is_done(step: _MassStep, user: Entry | None) -> bool:
    if isinstance(step, Delete):
        return user is None
    return user is not None and user.enabled == isinstance(step, Enable)


def _not_done(user: Entry | None) -> Denied:
    return Denied("not-done" if user is not None else "not-there")


def _result(client: KerioClient, method: str, parameters: Mapping[str, object]) -> dict[str, Any] | Denied:
    """The result of a call; or the refusal of all of it because of its accounts."""
    try:
        return client.call(method, parameters, changes=True)
    except CallRefused as refused:
        if refused.error.number < 0:  # errors of JSON-RPC have nothing to do with the accounts
            raise
        return _denied(refused.error)


def _errors(client: KerioClient, method: str, result: Mapping[str, Any], items: int) -> dict[int, Denied]:
    """What a result says was not done, by place."""
    found: dict[int, Denied] = {}
    try:
        for row in Row(result).rows("errors"):
            index = row.number("inputIndex")
            if index is None or not 0 <= index < items:
                raise StrangeAnswer("strange-error-index")
            found[index] = _denied(client.without_secrets(error_of(row.values)))
    except StrangeAnswer as error:
        problem = error.problem
    else:
        return found
    raise client.strange(method, problem, changes=True)


def _denied(error: ServerError) -> Denied:
    return Denied(error.reason, error.said)
