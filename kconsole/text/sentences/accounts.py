"""Sentences about accounts."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Template

TEMPLATES: Final[Mapping[str, Template]] = {}
