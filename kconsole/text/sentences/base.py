"""What templates are."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Both(NamedTuple):
    """A template that differs between the command line and the screen."""

    command_line: "Template"
    screen: "Template"


Template = str | Both | Callable[[Mapping[str, Any]], "str | Both"]
"""Text with parameters in braces; or what chooses such a text by the place or the parameters."""
