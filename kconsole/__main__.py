"""`kconsole` and `python -m kconsole`."""

import gc
import os
import sys


def main() -> None:
    """Run the command line, and exit with its code."""
    # Starting makes many objects and no garbage: looking for some would take a tenth of the time to the first screen.
    # The screen turns collection on again once it stands; a command ends before it would matter.
    gc.disable()
    if sys.argv[1:2] == ["__complete"]:  # a shell waits for it at each TAB
        from kconsole.cli.completion.answer import main as complete

        complete(sys.argv[2:])
        return
    os.umask(0o077)  # all files are for their owner; under another mask, a new store might be closed to its owner too
    try:
        from kconsole.cli.main import run
    except (ImportError, OSError) as error:  # too many open files, or a disk that fails: a traceback helps no one
        named = getattr(error, "filename", None) or getattr(error, "path", None) or "A part of the program"
        what = f"{named} cannot be loaded: {getattr(error, 'strerror', None) or error}."
        if "check" in sys.argv:  # where 1 would be a WARNING
            sys.stdout.write(f"SEATS UNKNOWN - {' '.join(what.split())}\n")
            sys.exit(3)
        sys.exit(f"kconsole: {what}")
    code = run()
    gc.freeze()  # else Python looks through everything once more as it ends: a sixth of the time of a short command
    sys.exit(code)


if __name__ == "__main__":
    main()
