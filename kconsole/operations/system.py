"""What the system says: where the store is when nobody says otherwise, and who is at work."""

import os
from contextlib import suppress
from pathlib import Path

from kconsole.core.history import Operator

STORE_VARIABLE = "KCONSOLE_STORE"
"""The environment variable that chooses the store's folder."""

LARGE = 3_000_000
"""Bytes from which on a store takes a tenth of a second to open: some ten thousand accounts."""


def default_folder() -> Path:
    """Where the store is when nobody says otherwise: the platform's folder for a user's data."""
    from platformdirs import user_data_path

    return user_data_path("kconsole", appauthor=False)


def takes_long(folder: Path) -> bool:
    """Whether opening the store in a folder takes so long that somebody who waits for it should see how far it is."""
    from kconsole.store.file_engine import size_of

    return size_of(folder) > LARGE


def system_operator(claimed: str = "") -> Operator:
    """Who is at work.

    The user is the one that runs this process, from the user database; what the environment says of who called sudo
    and where an SSH session came from is a claim, as is the name that somebody gives.
    """
    import pwd

    user = f"uid {os.getuid()}"
    with suppress(KeyError):
        user = pwd.getpwuid(os.getuid()).pw_name
    return Operator(user, claimed, os.environ.get("SUDO_USER", ""), os.environ.get("SSH_CONNECTION", ""))
