"""Whatever a server answers, it ends in records or in an error that says so."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kconsole.core.errors import SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.base import AnswerLost, Delete, Enable, ServerState
from kconsole.providers.kerio.answers import filled, read_answer
from kconsole.providers.kerio.errors import ServerError, StrangeAnswer
from kconsole.providers.kerio.writing import apply
from tests.kerio_server.readings import read_in_pages
from tests.limits import EXAMPLES
from tests.providers.kerio.kerio_https import PASSWORD, TinyServer, give
from tests.providers.kerio.kerio_world import furnish
from tests.providers.kerio.sessions import connected
from tests.providers.kerio.states import EVERYTHING

KEYS = st.sampled_from([
    "list", "totalItems", "id", "name", "loginName", "fullName", "isEnabled", "lastLoginInfo", "dateTime",
    "protocol", "effectiveRole", "userRole", "role", "consumedSize", "value", "units", "itemSource",
    "userMaxCount", "service", "isPrimary", "status", "users", "expirations", "type", "date", "isUnlimited",
    "count", "active", "total", "setting", "info", "startTime", "statistics", "start", "constants", "userDetails",
    "countInfo", "aboutInformation", "allowedUsers", "limit", "limitType", "currentUsers", "errors", "inputIndex",
    "code", "message", "messageParameters", "positionalParameters", "extensions", "serviceType", "authentication",
    "username", "Id",
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["0", "1", "-2", "9" * 400, "DSLDAPSource", "MegaBytes", "License", "true", "١٢"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
PATIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES)


@pytest.fixture
def furnished(tiny: TinyServer) -> TinyServer:
    furnish(tiny, domains=1, users=1)
    return tiny


def rows_of(value: object) -> dict[str, Any]:
    return {"list": [value], "totalItems": 1}


@pytest.mark.thorough
@PATIENT
@given(method=st.sampled_from(EVERYTHING), result=VALUES, wrapped=st.booleans())
def test_whatever_a_sync_is_answered_it_is_read_or_reported(
    furnished: TinyServer, kerio: ServerAccess, method: str, result: object, wrapped: bool
) -> None:
    usual = furnished.answers[method]
    furnished.answers[method] = give(rows_of(result) if wrapped else result)
    try:
        state = read_in_pages(kerio, PASSWORD)
    except SourceAway:
        return
    finally:
        furnished.answers[method] = usual
    assert isinstance(state, ServerState)


@PATIENT
@given(row=st.dictionaries(KEYS, VALUES, max_size=8))
def test_whatever_an_account_is_like_it_is_read_or_reported(
    furnished: TinyServer, kerio: ServerAccess, row: dict[str, object]
) -> None:
    usual = furnished.answers["Users.get"]
    furnished.answers["Users.get"] = give(rows_of({"id": "a", "loginName": "jo"} | row))
    try:
        state = read_in_pages(kerio, PASSWORD)
    except SourceAway:
        return
    finally:
        furnished.answers["Users.get"] = usual
    (user,) = [entry for entry in state.domains[0].entries if entry.is_account]  # of the one domain, or it is away
    assert user.server_id
    assert user.login


@PATIENT
@given(result=VALUES, wrapped=st.booleans())
def test_whatever_a_change_is_answered_it_is_reported_what_is_so(
    tiny: TinyServer, kerio: ServerAccess, result: object, wrapped: bool
) -> None:
    tiny.answers["Users.set"] = tiny.answers["Users.remove"] = give({"errors": [result]} if wrapped else result)
    with connected(kerio, Secret(PASSWORD)) as line:
        for step in (Enable(("a", "b")), Delete(("a", "b"), "keep")):
            answer = apply(line, step)
            assert isinstance(answer, AnswerLost) or len(answer) == 2


@given(
    content=st.binary()
    | VALUES.map(orjson.dumps)
    | st.dictionaries(st.sampled_from(["id", "result", "error"]), VALUES).map(orjson.dumps),
    status=st.sampled_from([200, 204, 302, 500]),
)
def test_whatever_a_body_is_it_is_an_answer_or_none(content: bytes, status: int) -> None:
    try:
        answer = read_answer(content, status, "", 7)
    except StrangeAnswer:
        return
    assert isinstance(answer, dict | ServerError)


@pytest.mark.parametrize(
    ("message", "parameters", "expected"),
    [
        ("User %1 of %2.", {"positionalParameters": ["a", "b"]}, "User a of b."),
        ("%1%1", {"positionalParameters": ["%1"]}, "%1%1"),
        ("%2", {"positionalParameters": ["a"]}, "…"),
        ("100% of %1", {}, "100% of …"),
        ("%1", None, "…"),
        ("%1", {"positionalParameters": [7, None, "x"]}, "x"),
        ("%12", {"positionalParameters": [str(number) for number in range(1, 13)]}, "12"),
    ],
)
def test_parameters_stand_where_they_belong(message: str, parameters: object, expected: str) -> None:
    assert filled(message, parameters) == expected
