"""Dumps, which people may edit: validated by pydantic, since its errors name the place.

pydantic is imported when a dump is read, and not before: that takes as long as a quarter of the first screen.
"""

import json
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct, convert, structs

from kconsole.core.codes import Message, first_of, message, short
from kconsole.core.consistency import MOST_PROBLEMS, checked
from kconsole.core.encoding import DUMP_SCHEMA
from kconsole.core.errors import BadInput
from kconsole.core.records import Inventory
from kconsole.importers.code_pages import utf8_text

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_LARGEST_JUDGED: Final = 1024 * 1024
"""Bytes of a dump of which all errors are looked for. In a larger one the first ends the list that it is in: pydantic
takes a kilobyte for each."""

_LONGEST_FOUND: Final = 40  # characters of a wrong value that an error shows
_SECRET: Final = "id_end"  # noqa: S105  # the name of a field, which may hold more of a license ID than it should

_ALLOWED: Final = {
    "string_type": "text",
    "string_unicode": "text",
    "bool_type": "true-or-false",
    "int_type": "whole-number",
    "tuple_type": "list",
    "model_type": "object",
    "dict_type": "object",
    "datetime_type": "time",
    "datetime_parsing": "time",
    "datetime_from_date_parsing": "time",
    "date_type": "day",
    "date_parsing": "day",
    "date_from_datetime_parsing": "day",
}
"""What is allowed in place of a value, as a code, by pydantic's type of error."""


def read_dump(document: bytes, name: str) -> Inventory:
    """The inventory that a dump (one JSON document) describes.

    Absent fields get their defaults, unknown fields are ignored, and a domain that only an address names is added.
    Errors call the document by this name.

    Raises:
        BadInput: it is not JSON, not a dump, of a newer schema, or contradicts itself.
    """
    from pydantic import TypeAdapter, ValidationError

    document = utf8_text(document, name).encode()
    try:
        schema = TypeAdapter(dict[str, object]).validate_json(document).get("schema", DUMP_SCHEMA)
        if type(schema) is not int or schema < 1:
            raise BadInput("dump-schema-invalid", "what-a-dump-is", file=name)
        if schema > DUMP_SCHEMA:
            raise BadInput("dump-too-new", "use-newer-for-dump", file=name, schema=schema, newest=DUMP_SCHEMA)
        model = model_of(Inventory, len(document) > _LARGEST_JUDGED).model_validate_json(document, strict=True)
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False)]
        raise BadInput("not-a-dump", "what-a-dump-is", first_of(problems, MOST_PROBLEMS), file=name) from None
    return checked(convert(model.model_dump(exclude_unset=True), Inventory), name)


def dump_schema() -> dict[str, Any]:
    """The JSON Schema of a dump."""
    schema = model_of(Inventory).model_json_schema()
    schema["properties"] = {"schema": {"const": DUMP_SCHEMA, "default": DUMP_SCHEMA}, **schema["properties"]}
    return schema


@cache
def model_of(struct: type[Struct], ends_early: bool = False) -> "type[BaseModel]":
    """A pydantic model with the fields of a record, so that no record is defined twice.

    With `ends_early`, the first error in a list is the last one that is looked for in it.
    """
    from pydantic import create_model

    hints = get_type_hints(struct)
    fields: dict[str, Any] = {
        field.name: (
            _with_models(hints[field.name], ends_early),
            ... if field.required else None if isinstance(field.default, Struct) else field.default,
        )
        for field in structs.fields(struct)
    }
    return create_model(struct.__name__, __doc__=struct.__doc__, **fields)


def _with_models(hint: Any, ends_early: bool) -> Any:
    """A type hint with a model in place of every record in it."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return model_of(hint, ends_early)
    inner = get_args(hint)
    if not inner or get_origin(hint) is Literal:
        return hint
    inner = tuple(_with_models(each, ends_early) for each in inner)
    if isinstance(hint, UnionType):
        return reduce(or_, inner)
    listed = get_origin(hint)[inner]
    if ends_early and get_origin(hint) is tuple:
        from pydantic import FailFast

        return Annotated[listed, FailFast()]
    return listed


def _problem(error: "ErrorDetails") -> Message:
    """One of pydantic's errors: the place, what was found, and what is allowed."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
    place = "".join(steps).lstrip(".")  # `entries[3].enabled`; empty for the whole document
    if error["type"] == "json_invalid":
        return message("dump-not-json", place=place, reason=error["msg"])
    if error["type"] == "missing":
        return message("dump-field-missing", place=place)
    found = "…" if _SECRET in error["loc"] else _shown(error["input"])
    if error["type"] == "literal_error":
        return message("dump-not-one-of", place=place, found=found, allowed=error["ctx"]["expected"])
    if error["type"] in _ALLOWED:
        return message("dump-wrong-type", place=place, found=found, allowed=_ALLOWED[error["type"]])
    return message("dump-wrong-value", place=place, found=found, reason=error["msg"])


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict | bytes):
        return "an object"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_FOUND else f"{short(text)[: _LONGEST_FOUND - 1]}…"
