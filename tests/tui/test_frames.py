"""Between a key and the write to the disk stand few functions of ours: each is one that a reader has to open."""

import os
import traceback
from pathlib import Path

import pytest

import kconsole
from tests.tui.console import console

PACKAGE = str(Path(kconsole.__file__).parent)
MOST = 15
"""How many of our frames may stand between the key that confirms and `write(2)`. The aim is 8: only ever lower it."""


class Writes:
    """Notes the frames of ours that lead to each write of a line of the journal."""

    def __init__(self) -> None:
        self.stacks: list[list[str]] = []
        self._write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        if b'"deed"' in bytes(data):
            frames = [frame for frame in traceback.extract_stack() if frame.filename.startswith(PACKAGE)]
            self.stacks.append([f"{Path(frame.filename).name}:{frame.name}" for frame in frames])
        return self._write(descriptor, data)


def _after_the_key(frames: list[str]) -> list[str]:
    """Without what runs the program and hands the key on: everything up to the handler of the key."""
    handlers = [place for place, frame in enumerate(frames) if frame.rpartition(":")[2].startswith(("action_", "on_"))]
    return frames[handlers[0] :] if handlers else frames


async def test_few_frames_stand_between_the_key_and_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console("small") as screen:
        writes = Writes()
        await screen.press("d")
        monkeypatch.setattr(os, "write", writes)
        await screen.press("y")
        (frames,) = map(_after_the_key, writes.stacks)
        assert len(frames) <= MOST, "\n".join(frames)
