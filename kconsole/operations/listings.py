"""Lists that the user saves from the screen."""

from pathlib import Path
from typing import Final

from kconsole.core.errors import BadInput
from kconsole.operations.dumps import check_not_of_store
from kconsole.operations.session import Session
from kconsole.store.files import write_whole

DEFAULT_NAME: Final = "~/kconsole-accounts.txt"


class AlreadyThere(BadInput):
    """The file is there already, and nobody said that it may be replaced."""


def save_listing(name: str, text: str, session: Session, *, replace: bool = False) -> Path:
    """Save a text in a file that only its owner may read.

    Args:
        name: the file; `~` stands for the user's home.
        text: all of it.
        session: whose store's folder no such file may lie in.
        replace: whether a file that is there may be replaced.

    Returns:
        The file.

    Raises:
        AlreadyThere: there is a file, and it may not be replaced.
        BadInput: it cannot be written there.
    """
    if not name.strip():
        raise BadInput("A file needs a name.")
    try:
        path = Path(name.strip()).expanduser()
        check_not_of_store(path, session)
        if path.exists() and not path.is_file():
            raise BadInput(f"{path} is no file.", "Choose another name.")
        write_whole(path, text.encode(errors="replace"), replace=replace)
    except FileExistsError:
        raise AlreadyThere(f"{path} is there already.", "Choose another name, or replace it.") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadInput(f"{name} cannot be written: {reason or error}.", "Choose another name.") from error
    return path
