"""The Debian package: an environment of its own, and what Debian expects beside it.

Debian has no kconsole and older versions of its parts, so the package carries what it runs with, from the wheels of
the lock. They have compiled files for one minor version of Python: that of the Debian release it is made for.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path
from string import Template
from typing import Final

from tests.packaging import HERE, ROOT, dist, sbom
from tests.packaging.environment import Environment, Part, glibc_of

RELEASES: Final = {"3.11": ("12", "bookworm"), "3.13": ("13", "trixie")}
"""The releases of Debian, by the Python that each has."""

LIBRARY: Final = "usr/lib/kconsole"
DOC: Final = "usr/share/doc/kconsole"
DATA: Final = ROOT / "data"
LICENSE: Final = ROOT / "LICENSE"
COMPLETION: Final = {
    "bash": "usr/share/bash-completion/completions/kconsole",
    "zsh": "usr/share/zsh/vendor-completions/_kconsole",
    "fish": "usr/share/fish/vendor_completions.d/kconsole.fish",
}
COMMAND: Final = """\
#!/usr/lib/kconsole/bin/python3 -I
from kconsole.__main__ import main

main()
"""


def build(folder: Path, environment: Environment, compression: str = "xz") -> Path:
    """Build the package into a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / "stage"
        fields = _staged(stage, environment)
        package = folder.absolute() / f"kconsole_{fields['version']}_{fields['architecture']}.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "-z2", "--build", stage, package],
            env=dist.reproducible(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return package


def _staged(stage: Path, environment: Environment) -> dict[str, str]:
    """Lay out all files of the package, and return the fields of its templates."""
    python = environment.python
    debian, release = RELEASES[python]
    packages = stage / LIBRARY / f"lib/python{python}/site-packages"
    shutil.copytree(environment.folder, packages, ignore=shutil.ignore_patterns("__pycache__", "psycopg_binary*"))
    # PostgreSQL's library and its TLS are Debian's: it keeps them safe, and the wheel's would stay as they are.
    parts = [part for part in environment.parts if part.name != "psycopg-binary"]
    for shown_elsewhere in ("man", "systemd", "monitoring"):
        shutil.rmtree(packages / "kconsole/data" / shown_elsewhere, ignore_errors=True)
    fields = {
        "version": f"{dist.version()}-1~deb{debian}",
        "architecture": _said("dpkg", "--print-architecture").strip(),
        "python": python,
        "release": release,
        "glibc": glibc_of(packages),
        "date": formatdate(dist.epoch()),
        "license": "\n".join(f" {line or '.'}" for line in LICENSE.read_text().splitlines()[4:]),
        "parts": "\n".join(_copyright(part, f"/{packages.relative_to(stage)}") for part in parts),
    }
    _environment(stage, python)
    for shell, place in COMPLETION.items():
        _write(stage / place, _said(sys.executable, "-m", "kconsole", "completion", shell))
    for page in DATA.glob("man/man*/*"):
        _write(stage / "usr/share/man" / page.parent.name / f"{page.name}.gz", _gzipped(page.read_bytes()))
    for unit in (path for path in DATA.glob("systemd/*") if path.suffix in (".service", ".timer")):
        _write(stage / "usr/lib/systemd/system" / unit.name, unit.read_bytes())
    for kind in ("sysusers", "tmpfiles"):
        _write(stage / f"usr/lib/{kind}.d/kconsole.conf", (DATA / f"systemd/kconsole.{kind}").read_bytes())
    shutil.copytree(DATA / "monitoring", stage / DOC / "monitoring")
    _write(stage / "usr/share/lintian/overrides/kconsole", (HERE / "debian/overrides").read_bytes())
    (stage / "etc/kconsole").mkdir(parents=True)
    _write(stage / DOC / "changelog.gz", _gzipped((ROOT / "CHANGELOG.md").read_bytes()))
    _write(stage / DOC / "changelog.Debian.gz", _gzipped(_filled("changelog", fields).encode()))
    _write(stage / DOC / "copyright", _filled("copyright", fields))
    _write(stage / DOC / "kconsole.cdx.json", sbom.document(parts))
    _control(stage, fields)
    _level(stage)
    return fields


def _environment(stage: Path, python: str) -> None:
    """What makes a folder of packages a virtual environment; `venv` itself would write down where it was made."""
    library = stage / LIBRARY
    _write(library / "pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {python}\n")
    _write(library / "bin/kconsole", COMMAND)
    (library / "bin/python3").symlink_to(f"../../../bin/python{python}")
    (stage / "usr/bin").mkdir(parents=True)
    (stage / "usr/bin/kconsole").symlink_to("../lib/kconsole/bin/kconsole")


def _copyright(part: Part, packages: str) -> str:
    """A paragraph about one part, which names where the text of its license is."""
    texts = sorted(
        f"{packages}/{path.relative_to(part.notes.parent)}"
        for path in part.notes.rglob("*")
        if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "AUTHORS"))
    )
    return "\n ".join([f" {part.name} {part.version}: {part.license}", *texts])


def _control(stage: Path, fields: dict[str, str]) -> None:
    files = sorted(path for path in stage.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(-(-path.stat().st_size // 1024) for path in files)
    sums = "".join(f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(stage)}\n" for path in files)
    _write(stage / "DEBIAN/control", _filled("control", {**fields, "size": str(size)}))
    _write(stage / "DEBIAN/md5sums", sums)
    for script in ("postinst", "prerm", "postrm"):
        _write(stage / "DEBIAN" / script, (HERE / "debian" / script).read_bytes())


def _level(stage: Path) -> None:
    """Modes and times do not depend on who builds, when, and under what umask."""
    moment = dist.epoch()
    commands = {
        stage / LIBRARY / "bin/kconsole",
        *(stage / "DEBIAN" / name for name in ("postinst", "prerm", "postrm")),
    }
    for path in (stage, *stage.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in commands else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def _filled(name: str, fields: dict[str, str]) -> str:
    return Template((HERE / "debian" / name).read_text()).substitute(fields)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _said(*command: str) -> str:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True
    ).stdout
