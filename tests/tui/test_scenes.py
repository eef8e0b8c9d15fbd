"""The screen looks and reads as in the pictures and golden files that were looked at.

`make screenshots` and `make golden` write them again.
"""

from collections.abc import Iterator
from contextlib import aclosing

import pytest
from _pytest.mark.structures import ParameterSet

from tests import screenshots
from tests.screenshots import NOT_A_SCENE, as_far_as_seen, page, picture_of, sizes_of
from tests.tui import golden
from tests.tui.console import NARROW
from tests.tui.golden import held_words
from tests.tui.scenes import SCENES, WALKS
from tests.tui.scenes.walks import Size, Walk, walked

QUICK = ("main", "add", "crisis", "empty", "log", "mapping")
"""Walks that are compared in quick runs too, where words are held."""


def walks() -> Iterator[ParameterSet]:
    """Each walk in each size in which something of it is held; its words are those at 80x24."""
    for walk in WALKS:
        for size in sorted(sizes_of(walk) | ({NARROW} if walk.has_words else set())):
            is_quick = walk.name in QUICK and size == NARROW
            name = f"{walk.name}-{size[0]}x{size[1]}"
            yield pytest.param(walk, size, id=name, marks=() if is_quick else pytest.mark.thorough)


@pytest.mark.parametrize(("walk", "size"), walks())
async def test_it_looks_and_reads_as_held(walk: Walk, size: Size) -> None:
    has_words = walk.has_words and size == NARROW
    held, seen = {}, {}
    # Closed here also where something differs: left to the collector, its console would end within another test.
    async with aclosing(walked(walk if has_words else as_far_as_seen(walk, size), size)) as scenes:
        async for scene, screen in scenes:
            if size in scene.sizes:
                picture = screenshots.FOLDER / f"{scene.picture(size)}.svg"
                held[picture], seen[picture] = picture.read_text(encoding="utf-8"), picture_of(scene, screen)
            if has_words:
                words = golden.FOLDER / f"{scene.name}.txt"
                held[words], seen[words] = words.read_text(encoding="utf-8"), held_words(scene, screen)
                assert seen[words] == held[words], scene.name
    assert [path.name for path in held if held[path] != seen[path]] == []


def test_every_scene_has_its_pictures_and_the_page_shows_them() -> None:
    names = [scene.picture(size) for scene in SCENES for size in scene.sizes]
    assert len(names) == len(set(names))
    files = {f"{name}.{form}" for name in names for form in ("svg", "png")}
    assert {path.name for path in screenshots.FOLDER.iterdir()} == files | NOT_A_SCENE
    assert (screenshots.FOLDER / "README.md").read_text(encoding="utf-8") == page()
