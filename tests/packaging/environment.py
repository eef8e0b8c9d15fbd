"""The folder of all that runs: kconsole and the parts of the lock, for one Python and one kind of machine."""

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name

from tests.packaging import dist
from tests.packaging.lock import LOCK

NEWEST_GLIBC: Final = 36
"""Of the C library in Debian 12: wheels for a newer one would not start there."""


SPDX: Final = {
    "Apache 2": "Apache-2.0", "Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause", "BSD License": "BSD-3-Clause", "BSD-3": "BSD-3-Clause", "LGPL v3": "LGPL-3.0-or-later",
    "MIT License": "MIT",
}  # fmt: skip
"""What makers write where SPDX has an identifier. ldap3's own text says "or any later version"."""


class Part(NamedTuple):
    """What one wheel brought."""

    name: str
    version: str
    sha256: str
    license: str
    """An expression of SPDX."""
    summary: str
    notes: Path
    """Its folder of notes (`.dist-info`), with the texts of its license."""


class Environment(NamedTuple):
    """A folder of all that runs, what it is for, and what is in it besides kconsole."""

    folder: Path
    python: str
    parts: Sequence[Part]


def build(folder: Path, python: str) -> Environment:
    """Install kconsole and the wheels of the lock into a folder.

    The Python that builds need not be the one that will run it. Nothing is compiled, and nothing in the folder names
    the place where it was built.
    """
    with tempfile.TemporaryDirectory() as scratch:
        [wheel] = dist.build(Path(scratch), "wheel")
        report = Path(scratch) / "report.json"
        _pip("--no-deps", "--no-index", "--no-compile", "--target", str(folder), str(wheel))
        _pip(
            *("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--python-version", python),
            *("--implementation", "cp", "--target", str(folder), "--report", str(report)),
            *(f"--platform=manylinux_2_{minor}_{platform.machine()}" for minor in range(NEWEST_GLIBC, 16, -1)),
            *(f"--platform=manylinux2014_{platform.machine()}", "-r", str(LOCK)),
        )
        hashes: dict[str, str] = {
            canonicalize_name(item["metadata"]["name"]): item["download_info"]["archive_info"]["hashes"]["sha256"]
            for item in json.loads(report.read_text())["install"]
        }
    # The commands of the parts, a page with a foreign font that kconsole does not serve, and pip's notes about where it
    # took the wheels from.
    for each in ("bin", "share", "textual_serve/templates"):
        shutil.rmtree(folder / each, ignore_errors=True)
    for note in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for path in folder.glob(f"*.dist-info/{note}"):
            path.unlink()
    parts = (_part(notes, hashes) for notes in folder.glob("*.dist-info"))
    return Environment(folder, python, sorted(part for part in parts if part.name != "kconsole"))


def _part(notes: Path, hashes: dict[str, str]) -> Part:
    found = Distribution.at(notes)
    name = canonicalize_name(found.name)
    told = found.metadata
    license_text = told["License-Expression"] or told["License"]
    for classifier in () if license_text else told.get_all("Classifier", ()):
        if classifier.startswith("License :: "):
            license_text = classifier.rpartition(" :: ")[2]
    license_text = SPDX.get(license_text, license_text)
    return Part(name, found.version, hashes.get(name, ""), license_text, told["Summary"] or "", notes)


def glibc_of(folder: Path) -> str:
    """The oldest C library with which the compiled files in a folder start."""
    found = {
        int(minor) for path in folder.rglob("*.so*") for minor in re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())
    }
    return f"2.{max(found)}"


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        stderr=subprocess.PIPE,
    )
