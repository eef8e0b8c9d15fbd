"""What JSON documents are described with, as pydantic models."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, create_model

from kconsole.operations.appearance import ContextColour


def model(name: str, description: str, /, **fields: Any) -> Any:
    """A model with exactly these fields. Without a default, a field is always there."""
    aliased: dict[str, Any] = {f"{field}_": (kind, Field(alias=field)) for field, kind in fields.items()}
    return create_model(name, __doc__=description, __config__=ConfigDict(extra="forbid"), **aliased)


def listed(kind: Any) -> Any:
    """The type of a list of them."""
    return list[kind]


def said(kind: Any, description: str) -> Any:
    """The type of a field whose name does not say everything."""
    return Annotated[kind, Field(description=description)]


WARNINGS: Final = listed(model("Warning", "Something an administrator should know now.", code=str, text=str))

PRICE: Final = said(
    model("Price", "What a seat costs for a year.", amount=said(str, "with all its decimals"), currency=str) | None,
    "null if it is not recorded",
)

CONTEXT: Final = model(
    "Context", "A store that the configuration file names.",
    name=str, store=said(str, "as it stands in the file"), colour=ContextColour, read_only=bool, confirm_name=bool,
    note=str,
)  # fmt: skip
