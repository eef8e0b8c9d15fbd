"""The roles file as a pydantic model. Imported only if there is one: importing pydantic takes long."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from kconsole.core.identity import NoDomainName, canonical_address, canonical_domain, stored_domain
from kconsole.core.roles import RoleName

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What an operator's name is: it stands in `authorized_keys`, in the log and in sentences."""


def _domain(name: str) -> str:
    try:
        return canonical_domain(stored_domain(name))
    except NoDomainName as error:
        raise PydanticCustomError("no-domain", "is not a domain name") from error


def _address(address: str) -> str:
    login, _, domain = address.rpartition("@")
    if not login:
        raise PydanticCustomError("no-address", "is not an address")
    return canonical_address(f"{login}@{_domain(domain)}")


class OperatorEntry(BaseModel):
    """One operator."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    role: RoleName
    """What they may do."""
    domains: Annotated[list[Annotated[str, AfterValidator(_domain)]], Field(min_length=1)] | None = None
    """The domains that the role is bound to; without it, all. Not for a full admin."""
    account: Annotated[str, AfterValidator(_address)] | None = None
    """Their own account, which they cannot disable or delete."""
    uid: Annotated[int, Field(ge=0, lt=2**32 - 1)] | None = None
    """Their user id on this machine."""

    @model_validator(mode="after")
    def _check(self) -> "OperatorEntry":
        if self.role == "full-admin" and self.domains is not None:
            raise PydanticCustomError("full-admin-bound", "a full admin has all domains")
        return self


class RolesFile(BaseModel):
    """roles.toml: a table `[operator.NAME]` for each operator."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    operator: dict[Annotated[str, Field(pattern=NAME)], OperatorEntry] = {}
    """The operators, by name."""

    @model_validator(mode="after")
    def _check(self) -> "RolesFile":
        first: dict[int, str] = {}
        for name, each in self.operator.items():
            if each.uid is not None and first.setdefault(each.uid, name) != name:
                params: dict[str, Any] = {"uid": each.uid, "first": first[each.uid], "second": name}
                raise PydanticCustomError("uid-twice", "two operators have one uid", params)
        return self
