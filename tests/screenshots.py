"""Makes the pictures in screenshots/: `python -m tests.screenshots`, or those of the walks that it is given by name.

SVG by Textual, which `tests/tui/test_scenes.py` compares; PNG by resvg. The page that shows them is made, too.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Final

from tests.tui.console import Console
from tests.tui.scenes import SCENES, WALKS
from tests.tui.scenes.walks import ALL, TINY, Scene, Size, Walk, walked

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
FONT: Final = "DejaVu Sans Mono"

NOT_A_SCENE: Final = frozenset({"README.md", "bench-screen.svg"})


async def pictures(walk: Walk, size: Size) -> dict[str, str]:
    """The pictures of a walk in a size, as SVG, by their names."""
    return {
        scene.picture(size): picture_of(scene, screen)
        async for scene, screen in walked(as_far_as_seen(walk, size), size)
        if size in scene.sizes
    }


def picture_of(scene: Scene, screen: Console) -> str:
    """The picture of a scene that a console shows, as SVG."""
    return screen.app.export_screenshot(title=f"kconsole: {scene.name}").replace("Fira Code", FONT)


def as_far_as_seen(walk: Walk, size: Size) -> Walk:
    """A walk up to its last scene that has a picture in a size."""
    last = max(place for place, scene in enumerate(walk.scenes) if size in scene.sizes)
    return walk._replace(scenes=walk.scenes[: last + 1])


def sizes_of(walk: Walk) -> set[Size]:
    return {size for scene in walk.scenes for size in scene.sizes}


def page() -> str:
    """The page that shows them all, the small ones first."""
    lines = ["# Pictures", "", "Made by `make screenshots`, this page too. States have one size only.", ""]
    for size in sorted({TINY, *ALL}):
        lines += [f"## {size[0]}x{size[1]}", ""]
        for scene in sorted((each for each in SCENES if size in each.sizes), key=lambda each: each.name):
            name = scene.picture(size)
            lines += [f"**{name}**: {scene.shows}", "", f"![{name}]({name}.png)", ""]
    return "\n".join(lines)


def main() -> None:
    """Make them all; those that did not change stay as they are."""
    import resvg_py

    os.environ["TZ"] = "UTC"
    time.tzset()
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")
    for walk in WALKS:
        if not sys.argv[1:] or walk.name in sys.argv[1:]:
            for size in sizes_of(walk):
                for name, svg in asyncio.run(pictures(walk, size)).items():
                    file, image = FOLDER / f"{name}.svg", FOLDER / f"{name}.png"
                    if not (image.exists() and file.exists() and file.read_text(encoding="utf-8") == svg):
                        file.write_text(svg, encoding="utf-8")
                        image.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg)))
    names = {scene.picture(size) for scene in SCENES for size in scene.sizes}
    for file in FOLDER.iterdir():
        if file.stem not in names and file.name not in NOT_A_SCENE:
            file.unlink()


if __name__ == "__main__":
    main()
