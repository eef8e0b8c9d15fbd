"""Each screen and dialog has a golden file with its words, which `test_scenes.py` compares."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from textual.screen import Screen

import kconsole.tui
from tests.tui.golden import FOLDER, golden_walks

PACKAGE = Path(kconsole.tui.__file__).parent


def test_every_golden_file_is_of_a_scene() -> None:
    scenes = [scene.name for walk in golden_walks() for scene in walk.scenes]
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(scenes)


def test_every_screen_and_dialog_has_a_golden_file() -> None:
    held = {path.read_text(encoding="utf-8").partition(":")[0] for path in FOLDER.glob("*.txt")}
    assert set(_shown_screens()) - held == set()


def _shown_screens() -> Iterator[str]:
    """The screens and dialogs that the program makes; the others are what those are made of."""
    for module in pkgutil.walk_packages(kconsole.tui.__path__, "kconsole.tui."):
        importlib.import_module(module.name)
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    for screen in _subclasses(Screen):
        if screen.__module__.startswith("kconsole.tui.") and re.search(rf"(?<!class )\b{screen.__name__}\(", sources):
            yield screen.__name__


def _subclasses(of: type) -> set[type]:
    return {of}.union(*map(_subclasses, of.__subclasses__()))
