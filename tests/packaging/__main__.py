"""Builds packages into dist/: `python -m tests.packaging dist|deb|pyz|sbom`, and writes the lock again: `lock`."""

import sys
import tempfile
from pathlib import Path

import click

from tests.packaging import ROOT, deb, dist, environment, lock, pyz, sbom

OF_ENVIRONMENT = {
    "deb": deb.build,
    "pyz": pyz.build,
    "sbom": sbom.build,
}


@click.command(help=__doc__)
@click.argument("kind", type=click.Choice(["dist", "lock", *OF_ENVIRONMENT]))
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "dist", help="The folder for what is built.")
@click.option("--python", type=click.Choice(["3.11", "3.12", "3.13", "3.14"]), default="3.11", show_default=True)
@click.option("--upgrade", is_flag=True, help="Have the lock take the newest versions that fit.")
def main(kind: str, out: Path, python: str, upgrade: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if kind == "lock":
        lock.write(*["--upgrade"] * upgrade)
        made = [lock.LOCK]
    elif kind == "dist":
        made = dist.build(out, "sdist", "wheel")
    elif kind == "deb" and python not in deb.RELEASES:
        raise click.BadParameter(f"No release of Debian has Python {python}.")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            made = [OF_ENVIRONMENT[kind](out, environment.build(Path(scratch) / "all", python))]
    for path in made:
        sys.stdout.write(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}\n")


main()
