"""Licenses of all files, and known vulnerabilities of what kconsole carries."""

import json
import subprocess
import sys

import pytest

from tests.packaging import ROOT
from tests.packaging.clean_root import need
from tests.packaging.lock import LOCK

pytestmark = pytest.mark.thorough


def test_each_file_has_its_license_by_reuse() -> None:
    need("reuse")
    said = subprocess.run(
        [sys.executable, "-m", "reuse", "lint", "--lines"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (0, "")


def test_no_part_has_a_known_vulnerability() -> None:
    """By pip-audit, if its data can be had. A part that it does not find is unknown, not sound."""
    need("pip_audit")
    said = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", LOCK, "--timeout", "15"),
            *("--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if not said.stdout:
        pytest.skip(f"pip-audit cannot reach its data: {said.stderr.strip()[-200:]}")
    parts = json.loads(said.stdout)["dependencies"]
    unknown = [part["name"] for part in parts if "skip_reason" in part]
    if len(unknown) == len(parts):
        pytest.skip("pip-audit cannot reach its data: it finds none of the parts")
    assert not [part for part in parts if part.get("vulns")]
    assert not unknown
