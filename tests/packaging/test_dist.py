"""Wheel and sdist are the same bytes wherever they are built."""

import os
import shutil
from pathlib import Path

import pytest

from tests.packaging import ROOT, dist

OTHER = shutil.ignore_patterns(".git", ".venv", ".*_cache", "dist", "screenshots", "__pycache__")


@pytest.mark.thorough
def test_another_folder_another_umask_another_time_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dist.build(tmp_path / "first", "sdist", "wheel")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(dist.epoch()))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    copy = tmp_path / "a copy"
    shutil.copytree(ROOT, copy, ignore=OTHER, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (0, 1_000_000_000))
    before = os.umask(0o077)
    try:
        second = dist.build(tmp_path / "second", "sdist", "wheel", root=copy)
    finally:
        os.umask(before)
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.suffix for path in first] == [".whl", ".gz"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
