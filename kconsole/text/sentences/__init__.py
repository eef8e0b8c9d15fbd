"""All sentences, by the codes of `core.codes`: a module for each subject."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from kconsole.text.sentences import accounts, effects, guards, importers, store
from kconsole.text.sentences.base import Template

ALL: Final[Mapping[str, Template]] = dict(
    chain.from_iterable(module.TEMPLATES.items() for module in (accounts, effects, guards, importers, store))
)
"""The template of every code."""
