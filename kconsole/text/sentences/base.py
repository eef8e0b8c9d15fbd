"""What a sentence is made from."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Both(NamedTuple):
    """A template that is different on the command line and on the screen."""

    command_line: str
    screen: str


Template = str | Both | Callable[[Mapping[str, Any]], str]
"""Text with parameters in braces; or what chooses such a text by the parameters."""
