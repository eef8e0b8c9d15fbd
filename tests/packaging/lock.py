"""The lock: exact versions of all that kconsole runs with, each with the hashes of its files."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging import HERE, ROOT

LOCK: Final = HERE / "lock.txt"


FOR_DEVELOPERS: Final = {"bench", "dev", "packaging"}
"""Extras that no package carries; it carries all others, since nothing can be added to it."""

ON: Final = {"sys_platform": "linux", "implementation_name": "cpython"}
"""What the environments are for. Other markers would need Pythons told apart, and a test says that there are none."""


class Pin(NamedTuple):
    """One part of the lock."""

    requirement: Requirement
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]
    """The parts that need it; `kconsole` itself among them, if it does."""

    @property
    def version(self) -> str:
        return next(iter(self.requirement.specifier)).version


def pins(text: str) -> dict[str, Pin]:
    """What a lock names for Linux, by the part's name."""
    found: dict[str, Pin] = {}
    for part in re.split(r"\n(?=[a-z0-9])", text):
        if "==" in part:
            needed_by = map(canonicalize_name, re.findall(r"^    #(?: via|  ) ([a-z0-9][\w.-]*)", part, re.M))
            requirement = Requirement(part.partition(" \\")[0])
            if requirement.marker and not requirement.marker.evaluate(ON):
                continue
            found[canonicalize_name(requirement.name)] = Pin(
                requirement, tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", part)), tuple(needed_by)
            )
    return found


def wanted(root: Path = ROOT) -> dict[str, Requirement]:
    """What pyproject.toml asks for, with the extras."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for extra in extras(root).values() for text in extra)]
    return {canonicalize_name(each.name): each for each in map(Requirement, texts)}


def extras(root: Path = ROOT) -> dict[str, list[str]]:
    """The extras that packages carry, and what each asks for."""
    found = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return {name: texts for name, texts in found.items() if name not in FOR_DEVELOPERS}


def misfits(locked: dict[str, Pin], asked: dict[str, Requirement]) -> list[str]:
    """Where a lock and what is asked for part."""
    direct = {name for name, pin in locked.items() if "kconsole" in pin.needed_by}
    needs = [(parent, name) for name, pin in locked.items() for parent in pin.needed_by]
    return [
        *(f"{name} is not in the lock" for name in sorted(asked.keys() - direct)),
        *(f"{name} is in the lock, and not asked for" for name in sorted(direct - asked.keys())),
        *(
            f"{asked[name]} is not what the lock has"
            for name in direct & asked.keys()
            if not _fits(locked, asked[name])
        ),
        *(
            f"{name} is in the lock for {parent}, which is not"
            for parent, name in needs
            if parent not in {*locked, "kconsole"}
        ),
        *(f"{name} has no hash" for name, pin in locked.items() if not pin.hashes),
    ]


def _fits(locked: dict[str, Pin], asked: Requirement) -> bool:
    return locked[canonicalize_name(asked.name)].version in asked.specifier


def write(*options: str) -> None:
    """Write the lock again: versions stay where they fit, unless `--upgrade` is given."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
            *("--system-certs", "--python-version", "3.11", "--custom-compile-command", "make lock"),
            *(f"--extra={extra}" for extra in extras()),
            *("--output-file", str(LOCK.relative_to(ROOT)), *options, "pyproject.toml"),
        ],
        cwd=ROOT,
        check=True,
    )
