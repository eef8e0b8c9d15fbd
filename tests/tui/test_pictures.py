"""The screen looks as in the pictures that were looked at; `make screenshots` makes them again."""

import pytest

from tests.screenshots import FOLDER, NOT_A_SCENE, page, pictures, sizes_of
from tests.tui.scenes import SCENES, WALKS, Size, Walk


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("walk", "size"),
    [
        pytest.param(walk, size, id=f"{walk.name}-{size[0]}x{size[1]}")
        for walk in WALKS
        for size in sorted(sizes_of(walk))
    ],
)
async def test_it_looks_as_in_the_pictures(walk: Walk, size: Size) -> None:
    shown = await pictures(walk, size)
    changed = [name for name, svg in shown.items() if (FOLDER / f"{name}.svg").read_text(encoding="utf-8") != svg]
    assert changed == []


def test_every_scene_has_its_pictures_and_the_page_shows_them() -> None:
    names = [scene.picture(size) for scene in SCENES for size in scene.sizes]
    assert len(names) == len(set(names))
    files = {f"{name}.{form}" for name in names for form in ("svg", "png")}
    assert {path.name for path in FOLDER.iterdir()} == files | NOT_A_SCENE
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page()
