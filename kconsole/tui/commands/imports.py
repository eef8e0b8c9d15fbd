"""Commands on the preview of an import."""

from kconsole.tui.commands.base import AnyCommand, Command
from kconsole.tui.commands.console import Help, NextTheme, Palette, Redraw


class _ImportCommand(Command):
    group = "Import"
    prefix = "import-"


class ApplyImport(_ImportCommand):
    """Import all of it, after a confirmation that warns if a limit will be exceeded."""

    name, keys, title, word = "import-apply", "A", "Import: import all of it", "import"
    needs = "import"
    changes = True


class LeaveOutFaulty(_ImportCommand):
    """Leave the faulty rows out, so that the others are imported; or import nothing while there are any."""

    name, keys, title, word = "import-faulty", "w", "Import: without the faulty rows, or none at all", "without faulty"


class WholeImportRow(_ImportCommand):
    """Show the whole text of the row."""

    name, keys, title, word = "import-row", "enter", "Import: the whole row", "all of it"


class ImportBack(_ImportCommand):
    """Back to the accounts; nothing changes."""

    name, keys, title, word = "import-back", "escape,q,I", "Import: back", "back"


_ON_IMPORT = (ApplyImport, LeaveOutFaulty, WholeImportRow)
IMPORT_COMMANDS: tuple[AnyCommand, ...] = (*_ON_IMPORT, Palette, NextTheme, Redraw, Help, ImportBack)
