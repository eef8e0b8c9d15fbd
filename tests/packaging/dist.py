"""Wheel and sdist, the same bytes wherever they are built."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.packaging import ROOT


def version(root: Path = ROOT) -> str:
    """The version that pyproject.toml names."""
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def epoch(root: Path = ROOT) -> int:
    """The time that everything built bears: that of the last commit. An unpacked sdist bears it on its files."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    said = subprocess.run(
        ["git", "-C", root, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False
    ).stdout
    return int(said) if said.strip() else int((root / "pyproject.toml").stat().st_mtime)


def reproducible(root: Path = ROOT) -> Mapping[str, str]:
    """The environment in which builders date all files alike."""
    return {**os.environ, "SOURCE_DATE_EPOCH": str(epoch(root)), "LC_ALL": "C.UTF-8"}


def build(folder: Path, *kinds: str, root: Path = ROOT) -> list[Path]:
    """Build `sdist` and `wheel`, or one of them, into a folder."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder.absolute(), *(f"-t{kind}" for kind in kinds)],
        cwd=root,
        env=reproducible(root),
        check=True,
        capture_output=True,
    )
    names = [f"kconsole-{version(root)}{end}" for end in ("-py3-none-any.whl", ".tar.gz")]
    return [path for name in names if (path := folder / name).exists()]
