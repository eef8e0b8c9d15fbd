"""Defaults from the system: the folder of the store, and the operator."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kconsole.core.errors import BadInput
from kconsole.core.history import BROWSER_START, Operator
from kconsole.operations.ssh_keys import session_key

if TYPE_CHECKING:
    from kconsole.operations.locations import Location

STORE_VARIABLE = "KCONSOLE_STORE"
"""The environment variable that chooses the store's folder."""

BROWSER_VARIABLE = "KCONSOLE_BROWSER"
"""The environment variable that says at which address the browser is that shows the console."""

_NO_UID = 2**32 - 1
"""The user id that is none: -1 as the kernel writes it."""

LARGE = 3_000_000
"""The size in bytes at which a store takes a tenth of a second to open: some ten thousand accounts."""


def user_folder(kind: Literal["data", "config", "state"]) -> Path | None:
    """The platform's folder for what belongs to this user; None for one without a home, as in many containers."""
    from platformdirs import PlatformDirs

    try:
        folder: Path = getattr(PlatformDirs("kconsole", appauthor=False), f"user_{kind}_path")
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def default_folder() -> Path:
    """The default folder of the store: in the platform's folder for a user's data.

    Raises:
        BadInput: the user has no home.
    """
    folder = user_folder("data")
    if folder is None:
        raise BadInput("no-home", "name-store-without-home")
    return folder


def takes_long(store: "Location") -> bool:
    """Whether opening a store may take long, as it is large or far away, and should show progress."""
    from kconsole.operations.locations import folder_at
    from kconsole.store.file_engine.engine import size_of

    return isinstance(store, str) or size_of(folder_at(store)) > LARGE


def system_operator(claimed: str = "") -> Operator:
    """The user of this process, by the user database and the kernel.

    The caller of sudo, the origin of an SSH session and its key, or the address of a browser, come from the
    environment, so they are recorded as claims, as is the name of `--as`.
    """
    import pwd

    uid, browser = os.getuid(), os.environ.get(BROWSER_VARIABLE, "")
    user = f"uid {uid}"
    with suppress(KeyError):
        user = pwd.getpwuid(uid).pw_name
    return Operator(
        user,
        claimed,
        os.environ.get("SUDO_USER", ""),
        BROWSER_START + browser if browser else os.environ.get("SSH_CONNECTION", ""),
        uid=uid,
        login_uid=_login_uid(),
        key=session_key(os.environ["SSH_USER_AUTH"]) if os.environ.get("SSH_USER_AUTH") else "",
    )


def _login_uid() -> int | None:
    """The user id that logged in, which the kernel keeps through su and sudo; None where none was set."""
    with suppress(OSError, ValueError):
        uid = int(Path("/proc/self/loginuid").read_text())
        return uid if 0 <= uid < _NO_UID else None
    return None
