"""All sentences, by the codes of `core.codes`: a module for each subject."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from kconsole.text.sentences.base import Template

ALL: Final[Mapping[str, Template]] = {
    code: template
    for module in pkgutil.iter_modules(__path__)
    if module.name != "base"
    for code, template in import_module(f"{__name__}.{module.name}").TEMPLATES.items()
}
"""The template of every code."""
