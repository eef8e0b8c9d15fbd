"""Packages: wheel and sdist, the Debian package, the one-file program, and the list of their parts.

The code stands beside the tests, as the makers of samples and pictures do: what is in `data/` is installed with the
program, and who runs kconsole need not build it. `make dist`, `make deb`, `make pyz` and `make sbom` call it.

- `dist`: wheel and sdist, the same bytes wherever they are built.
- `environment`: the folder of all that runs, from the wheels of `lock.txt`.
- `lock`: what `lock.txt` says.
- `sbom`: the list of parts, in CycloneDX.
- `deb` with `debian/`: the Debian package. `pyz`: the one file.
- `clean_root`: a fresh Debian for the test of the package.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
