"""A policy as people set it, as a pydantic model. Imported when one is set: importing pydantic takes long."""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from kconsole.core.codes import Message, message, short
from kconsole.core.decisions import Policy
from kconsole.core.errors import BadInput
from kconsole.operations.search.filters import LONGEST_FILTER

NEVER_KEEP: Final = "keep"
NO_STOP: Final = "none"


def _none_as(word: str) -> BeforeValidator:
    """Let a word stand for None."""
    return BeforeValidator(lambda value: None if value == word else value)


class PolicySettings(BaseModel):
    """A policy: when an account counts as not used, and what is done then."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    """Letters, digits, dots, underscores and hyphens."""
    where: Annotated[str, Field(max_length=LONGEST_FILTER)] = ""
    """A filter of accounts; empty for all."""
    inactive: Annotated[int, Field(ge=30, le=3650)] = 180
    """Days since the last login."""
    never: Annotated[Annotated[int, Field(ge=30, le=3650)] | None, _none_as(NEVER_KEEP)] = None
    """Days since the log first had an account that never logged in; `keep` keeps it."""
    grace: Annotated[int, Field(ge=0, le=365)] = 14
    """Days between the mark and the step."""
    stop_when_free: Annotated[Annotated[int, Field(ge=1, le=1_000_000)] | None, _none_as(NO_STOP)] = None
    """Free seats that are enough; `none` if it is never enough."""
    brake_accounts: Annotated[int, Field(ge=1, le=100_000)] = 10
    """The most accounts of one run."""
    brake_percent: Annotated[int, Field(ge=1, le=100)] = 10
    """The most of all accounts in one run; the smaller of both counts."""
    max_data_age: Annotated[int, Field(ge=1, le=8760)] = 26
    """Hours since the data was read beyond which it says nothing."""
    step: Literal["disable", "delete"] = "disable"
    """What is done; only accounts that are disabled for 90 days are deleted."""


SETTINGS: Final = tuple(PolicySettings.model_fields)[1:]


def policy_from(known: Policy, changes: dict[str, str]) -> Policy:
    """A policy with other settings; BadInput with all that is wrong with them."""
    given = {name: getattr(known, name) for name in Policy.__struct_fields__}
    if "name" in changes:
        raise BadInput("policy-invalid", "see-policy-settings", [_unknown("name")], name=short(known.name))
    try:
        return Policy(**PolicySettings.model_validate({**given, **changes}).model_dump())
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False)]
        raise BadInput("policy-invalid", "see-policy-settings", problems, name=short(known.name)) from None


def _problem(error: ErrorDetails) -> Message:
    key, found = str(error["loc"][0]), short(str(error["input"]))
    field = PolicySettings.model_fields.get(key)
    if field is None:
        return _unknown(key)
    if key in ("name", "where"):
        return message(f"policy-{key}-wrong", found=found)
    if key == "step":
        return message("policy-setting-word", key=key, found=found, allowed=list(get_args(field.annotation)))
    least, most = _bounds(key)
    words = {"never": [NEVER_KEEP], "stop_when_free": [NO_STOP]}.get(key, [])
    return message("policy-setting-number", key=key, found=found, least=least, most=most, words=words)


def _unknown(key: str) -> Message:
    return message("policy-setting-unknown", key=short(key), settings=list(SETTINGS))


def _bounds(key: str) -> tuple[int, int]:
    """The least and the largest number of a setting."""
    schema: dict[str, Any] = PolicySettings.model_json_schema()["properties"][key]
    number = schema if "minimum" in schema else schema["anyOf"][0]
    return number["minimum"], number["maximum"]
