"""Texts from outside inside sentences of ours."""

from typing import Final

_LONGEST: Final = 300


def short(text: str) -> str:
    """A text from outside, cut to a length that fits into a sentence."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
