"""The words of all screens and dialogs, in `golden/*.txt`; `make golden` (`python -m tests.tui.golden`) writes them.

Each file is one scene at 80x24. Review the difference before committing, best aloud.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.tui.console import NARROW, Console
from tests.tui.scenes import WALKS
from tests.tui.scenes.walks import Scene, Walk, walked, words_of

FOLDER: Final = Path(__file__).parent / "golden"


async def words(walk: Walk) -> dict[str, str]:
    """The words of each scene of a walk."""
    return {scene.name: held_words(scene, screen) async for scene, screen in walked(walk, NARROW)}


def held_words(scene: Scene, screen: Console) -> str:
    """What the golden file of a scene holds; the first line says what it is a picture of."""
    return f"{type(screen.app.screen).__name__}: {scene.shows}\n\n{words_of(screen)}\n"


def golden_walks() -> Iterator[Walk]:
    return (walk for walk in WALKS if walk.has_words)


def main() -> None:
    """Write all golden files, or those of the walks with these names."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    for walk in golden_walks():
        if sys.argv[1:] and walk.name not in sys.argv[1:]:
            continue
        for name, text in asyncio.run(words(walk)).items():
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
