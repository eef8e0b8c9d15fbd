"""Between a key and the write to the disk stand few functions of ours: each is one that a reader has to open."""

import os
import traceback
from pathlib import Path
from typing import Any

import pytest
from textual.dom import DOMNode

import kconsole
from tests.tui.console import console

PACKAGE = str(Path(kconsole.__file__).parent)

MOST = 8
"""How many of our frames may stand between the key that confirms and `write(2)`: those that lead to the thread that
saves, and those in it."""


def our_frames() -> list[str]:
    """The functions of the package on the stack, the outermost first."""
    ours = [frame for frame in traceback.extract_stack() if frame.filename.startswith(PACKAGE)]
    return [f"{Path(frame.filename).name}:{frame.name}" for frame in ours]


async def test_few_frames_stand_between_the_key_and_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    to_the_thread: list[list[str]] = []
    to_the_disk: list[list[str]] = []
    write, run_worker = os.write, DOMNode.run_worker

    def noted_write(descriptor: int, data: bytes) -> int:
        if b'"deed"' in bytes(data):
            to_the_disk.append(our_frames())
        return write(descriptor, data)

    def noted_worker(node: DOMNode, *arguments: Any, **options: Any) -> Any:
        if options.get("group") == "store":
            to_the_thread.append(our_frames())
        return run_worker(node, *arguments, **options)

    async with console("small") as screen:
        await screen.press("d")
        monkeypatch.setattr(os, "write", noted_write)
        monkeypatch.setattr(DOMNode, "run_worker", noted_worker)
        await screen.press("y")
    frames = [*to_the_thread[0], *to_the_disk[0]]
    assert len(frames) <= MOST, "\n".join(frames)
