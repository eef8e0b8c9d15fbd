"""What holds a password, for whichever server it is."""

from typing import NoReturn


class Secret:
    """A password. It is in no text, no copy and no file that is made of this by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a password is neither copied nor written to a file")

    def reveal(self) -> str:
        """The password. Keep it in no variable that outlives its use."""
        return self._text
