"""Defaults from the system: the folder of the store, and the operator."""

import os
from contextlib import suppress
from pathlib import Path

from kconsole.core.history import Operator

STORE_VARIABLE = "KCONSOLE_STORE"
"""The environment variable that chooses the store's folder."""

LARGE = 3_000_000
"""The size in bytes at which a store takes a tenth of a second to open: some ten thousand accounts."""


def default_folder() -> Path:
    """The default folder of the store: in the platform's folder for a user's data."""
    from platformdirs import user_data_path

    return user_data_path("kconsole", appauthor=False)


def takes_long(folder: Path) -> bool:
    """Whether the store in a folder is so large that its opening should show progress."""
    from kconsole.store.file_engine.engine import size_of

    return size_of(folder) > LARGE


def system_operator(claimed: str = "") -> Operator:
    """The user of this process, by the user database.

    The caller of sudo and the origin of an SSH session come from the environment, so they are recorded as claims, as is
    the name of `--as`.
    """
    import pwd

    user = f"uid {os.getuid()}"
    with suppress(KeyError):
        user = pwd.getpwuid(os.getuid()).pw_name
    return Operator(user, claimed, os.environ.get("SUDO_USER", ""), os.environ.get("SSH_CONNECTION", ""))
