"""Lists that the user saves from the screen."""

from pathlib import Path
from typing import Final

from kconsole.core.errors import BadInput
from kconsole.operations.dumps import check_not_of_store
from kconsole.operations.session import Session
from kconsole.store.file_engine.files import write_whole

DEFAULT_NAME: Final = "~/kconsole-accounts.txt"


class AlreadyThere(BadInput):
    """The file exists, and must not be replaced."""


def save_listing(name: str, text: str, session: Session, *, replace: bool = False) -> Path:
    """Save a text in a file that only its owner may read, and return the file.

    Args:
        name: the file; `~` stands for the user's home.
        text: all of it.
        session: the file must not be in the folder of its store.
        replace: whether an existing file may be replaced.

    Raises:
        AlreadyThere: the file exists, and must not be replaced.
        BadInput: it cannot be written there.
    """
    if not name.strip():
        raise BadInput("file-needs-name")
    try:
        path = Path(name.strip()).expanduser()
        check_not_of_store(path, session)
        if path.exists() and not path.is_file():
            raise BadInput("path-not-a-file", "choose-another-name", file=str(path))
        write_whole(path, text.encode(errors="replace"), replace=replace)
    except FileExistsError:
        raise AlreadyThere("file-exists", "choose-another-or-replace", file=str(path)) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise BadInput("cannot-write", "choose-another-name", file=name, reason=reason) from error
    return path
