"""Work as another user of the system, which root can do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can work as several users")


@contextmanager
def user(number: int, *groups: int, mask: int | None = None) -> Iterator[None]:
    """Be a user, in a group of the same number and these ones, with a mask for what is made."""
    before, old_mask = os.getgroups(), os.umask(0o022)
    os.umask(old_mask if mask is None else mask)
    os.setgroups(groups)
    os.setegid(number)
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)
        os.umask(old_mask)
