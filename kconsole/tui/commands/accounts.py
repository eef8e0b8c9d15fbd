"""Commands on accounts: the marked ones, or the one under the cursor."""

from kconsole.tui.commands.base import AnyCommand, Command


class _AccountCommand(Command):
    group = "Accounts"


class Disable(_AccountCommand):
    """Disable the account, or all marked ones: mail is kept, the seat comes free at once."""

    name, keys, title, word = "disable", "d", "Accounts: disable", "disable"
    operation = "disable"


class Enable(_AccountCommand):
    """Enable the account, or all marked ones, if there are seats for them."""

    name, keys, title, word = "enable", "e", "Accounts: enable", "enable"
    operation = "enable"


class Add(_AccountCommand):
    """Add an account, if there is a seat for it."""

    name, keys, title, word = "add", "a", "Accounts: add", "add"
    operation = "add"


class Delete(_AccountCommand):
    """Delete the account, or all marked ones; the seat comes free with the next restart of the server."""

    name, keys, title, word = "delete", "x", "Accounts: delete", "delete"
    operation = "delete"


class Undo(_AccountCommand):
    """Undo the last change of this session at once; if there is none, ask about your last one in the log."""

    name, keys, title, word = "undo", "u", "Accounts: undo the last change", "undo"
    changes = True


class Redo(_AccountCommand):
    """Redo what was undone last in this session."""

    name, keys, title = "redo", "ctrl+r", "Accounts: redo what was undone"
    changes = True


class Details(_AccountCommand):
    """Show everything about the account, and why it takes a seat or not."""

    name, keys, title, word = "details", "enter", "Accounts: details", "details"


class Copy(_AccountCommand):
    """Copy the address, or all marked ones, to the clipboard of your terminal, over SSH and in tmux too."""

    name, keys, title = "copy", "y", "Accounts: copy addresses"


class ShowText(_AccountCommand):
    """Show the address, or all marked ones, as plain text: to select with the mouse, or to save in a file."""

    name, keys, title = "text", "Y", "Accounts: addresses as text, to a file"


class Connect(_AccountCommand):
    """Record that the user logs in now: a first login makes the mailbox. If the login would be refused, say why."""

    name, keys, title = "connect", "c", "Accounts: record that the user logs in now"
    operation = "connect"


class MapDomains(_AccountCommand):
    """Map the accounts of a domain from its directory: say which, test the connection, preview, apply."""

    name, keys, title, word = "map", "M", "Accounts: map a domain from its directory", "map"


class ServerRestarted(_AccountCommand):
    """Record that the server was restarted: the seats of deleted accounts come free."""

    name, keys, title = "restarted", "R", "Server: it was restarted"
    operation = "restarted"


ACCOUNT_COMMANDS: tuple[AnyCommand, ...] = (
    Disable,
    Enable,
    Add,
    Delete,
    Undo,
    Redo,
    Details,
    Copy,
    ShowText,
    Connect,
    MapDomains,
    ServerRestarted,
)
