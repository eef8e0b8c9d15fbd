"""kconsole in one file, for servers where nothing may be installed.

Python cannot load compiled files from an archive: at the first start the file unpacks itself into the user's folder
for caches. It fits one minor version of Python on one kind of machine, which stand in its name.
"""

import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.packaging import dist
from tests.packaging.environment import Environment

CHECK: Final = """\
import sys
if sys.version_info[:2] != {version}:
    sys.exit("kconsole: this file is for Python {python}, and this is Python %d.%d. "
             "Start it with 'python{python} FILE', or take the file for this version." % sys.version_info[:2])
"""


def build(folder: Path, environment: Environment) -> Path:
    """Build the file into a folder."""
    python = environment.python
    made = folder / f"kconsole-{dist.version()}-py{python}-linux-{platform.machine()}.pyz"
    with tempfile.TemporaryDirectory() as scratch:
        check = Path(scratch) / "check.py"
        check.write_text(CHECK.format(python=python, version=tuple(map(int, python.split(".")))))
        subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "shiv",
                    "--site-packages",
                    environment.folder,
                    "--compressed",
                    "--reproducible",
                ),
                *("--python", "/usr/bin/env python3", "--preamble", check),
                *("--entry-point", "kconsole.__main__:main", "--output-file", made),
            ],
            env=dist.reproducible(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return made
