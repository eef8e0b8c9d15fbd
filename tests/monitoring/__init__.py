"""The files for monitoring systems that kconsole ships, tried with these systems themselves."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

DATA: Final = Path(__file__).parents[2] / "data"


def program(name: str) -> str:
    """Where a program of a monitoring system is. A user may lack it; the machines of CI may not."""
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/lib/nagios/plugins"
    found = shutil.which(name, path=places)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing")
    pytest.skip(f"{name} is not installed")
