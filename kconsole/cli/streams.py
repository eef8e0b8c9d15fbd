"""Standard input, output and error: whatever their state, they do not decide over the work.

What cannot be written is remembered, not raised: a reader that goes away in the middle of an import would otherwise
stop it, and a full disk would turn a change that is done into an error. `run` has the last word, once the work is over.
"""

import codecs
import errno
import io
import os
import select
import sys
from contextlib import suppress
from typing import Any, Final, TextIO

PLAIN_SIGNS: Final = "kconsole-plain-signs"
"""The name of the codec error handler for output in encodings that lack our characters."""


class _Stream(io.FileIO):
    """A stream that takes everything. The first error is kept, and what comes after it is dropped.

    It stands below the text without a buffer between: one would write again what a signal interrupted.
    """

    error: OSError | None = None
    leads_nowhere = False
    """Whether the descriptor was closed when the program began."""

    def write(self, data: Any, /) -> int:
        if self.leads_nowhere:
            self.error = OSError(errno.EBADF, "it is closed")
        rest = memoryview(data)
        while rest and self.error is None:
            try:
                written = super().write(rest)
                if written is None:  # another program left the stream non-blocking
                    select.select((), (self,), ())
                else:
                    rest = rest[written:]
            except OSError as error:
                self.error = error
        return len(data)


def prepare_streams() -> None:
    """Replace standard output and error by streams that take everything, with signs that their encoding has.

    A closed descriptor leads nowhere from now on. Otherwise the next file would get its number, and what is said would
    be written into the store.
    """
    codecs.register_error(PLAIN_SIGNS, _plain_signs)
    closed = set()
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.add(descriptor)
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.get_terminal_size(descriptor).columns:  # those of the environment may be another terminal's
                os.environ.pop("COLUMNS", None)
                os.environ.pop("LINES", None)
    sys.stdout = _replaced(sys.stdout, 1, sys.stdout is sys.__stdout__)
    sys.stderr = _replaced(sys.stderr, 2, sys.stderr is sys.__stderr__)
    for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
        if descriptor in closed and isinstance(raw := getattr(stream, "buffer", None), _Stream):
            raw.leads_nowhere = True


def lost_output() -> OSError | None:
    """Why standard output could not be written; None if it could, as far as it was tried."""
    raw = getattr(sys.stdout, "buffer", None)
    return raw.error if isinstance(raw, _Stream) else None


def _replaced(stream: TextIO | None, descriptor: int, is_original: bool) -> TextIO:
    if not is_original:  # it was replaced already
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)
        assert stream is not None  # noqa: S101
        return stream
    encoding = "utf-8" if stream is None else stream.encoding
    try:
        PLAIN_SIGNS.encode(encoding, PLAIN_SIGNS)
    except (LookupError, UnicodeError):  # of PYTHONIOENCODING, and none for texts
        encoding = "utf-8"
    raw = _Stream(descriptor, "w", closefd=False)
    by_line = descriptor == 2 or raw.isatty()
    return io.TextIOWrapper(raw, encoding, errors=PLAIN_SIGNS, line_buffering=by_line)


def _plain_signs(error: UnicodeError) -> tuple[str | bytes, int]:
    """Characters that the output cannot carry, in ASCII of the same width: an error handler for codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from kconsole.text.plain import in_ascii

    return in_ascii(error.object[error.start : error.end]), error.end


def has_person() -> bool:
    """Whether standard input is a terminal, so that a question can be answered."""
    return sys.stdin is not None and sys.stdin.isatty()


def terminal_width() -> int | None:
    """The width for tables: the terminal's, or None (no limit) if the output is no terminal."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns
