"""Commands of the list of accounts: on the marked ones, or the one under the cursor, and on what is shown."""

from kconsole.tui.commands.base import Command


class _AccountCommand(Command):
    group = "Accounts"


class Disable(_AccountCommand):
    """Disable the account, or all marked ones: its mail is kept, its seat is free at once."""

    name, keys, title, word = "disable", "d", "Accounts: disable", "disable"
    synonyms = "leaver left gone block lock suspend deactivate retire free seat"
    operation = "disable"


class Enable(_AccountCommand):
    """Enable the account, or all marked ones, if there are seats for them."""

    name, keys, title, word = "enable", "e", "Accounts: enable", "enable"
    synonyms = "activate unblock unlock joiner returner take seat"
    operation = "enable"


class Add(_AccountCommand):
    """Add an account, if there is a seat for it."""

    name, keys, title, word = "add", "a", "Accounts: add", "add"
    synonyms = "new create user joiner hire mailbox"
    operation = "add"


class Delete(_AccountCommand):
    """Delete the account, or all marked ones; its seat is free after the next restart of the server."""

    name, keys, title, word = "delete", "x", "Accounts: delete", "delete"
    synonyms = "remove leaver erase"
    operation = "delete"


class Undo(_AccountCommand):
    """Undo the last change of this session at once; else say which of yours in the log can be undone, and ask."""

    name, keys, title, word = "undo", "u", "Accounts: undo the last change", "undo"
    synonyms = "revert back mistake restore"
    needs = "undo"
    changes = True


class Redo(_AccountCommand):
    """Redo what was undone last in this session."""

    name, keys, title = "redo", "ctrl+r", "Accounts: redo what was undone"
    synonyms = "again repeat"
    needs = "undo"
    changes = True


class Details(_AccountCommand):
    """Show everything about the account, and why it takes a seat or not."""

    name, keys, title, word = "details", "enter", "Accounts: details", "details"
    synonyms = "why reason explain rule seat show"


class Copy(_AccountCommand):
    """Copy the address, or all marked ones, to the clipboard of your terminal, over SSH and in tmux too."""

    name, keys, title = "copy", "y", "Accounts: copy addresses"
    synonyms = "clipboard"


class ShowText(_AccountCommand):
    """Show the address, or all marked ones, as plain text: to select with the mouse, or to save in a file."""

    name, keys, title = "text", "Y", "Accounts: addresses as text, to a file"
    synonyms = "list save file select mouse"


class Export(_AccountCommand):
    """Save what is listed, or the marked ones, in a file: CSV, JSON or Markdown, in the columns of the list."""

    name, keys, title = "export", "E", "Accounts: export the list to a file"
    synonyms = "report csv json markdown spreadsheet excel save print"


class Import(_AccountCommand):
    """Import accounts or last logins from a file: Kerio's CSV, users.cfg, a log. The changes are shown first."""

    name, keys, title, word = "import", "I", "Accounts: import from a file", "import"
    synonyms = "csv users.cfg mailserver.cfg kerio upload load read migrate logins"
    needs = "import"
    changes = True


class Tag(_AccountCommand):
    """Give the account, or all marked ones, tags of your own, such as "service". The filter finds them by tag:x."""

    name, keys, title = "tag", "T", "Accounts: tags"
    operation = "tag"


class Keep(_AccountCommand):
    """Keep the account, or all marked ones, from every policy until a day. The filter is:kept lists them."""

    name, keys, title = "keep", "K", "Accounts: keep until a day"
    synonyms = "protect exception leave reclaim snooze"
    operation = "keep"


class OffboardAccount(_AccountCommand):
    """Let the user of the account leave, now or on a day: the plan says what happens to mail, address and seat."""

    name, keys, title = "offboard", "O", "Accounts: the user leaves"
    synonyms = "leaver left goodbye successor transfer mailbox alias hand over resign date"
    operation = "offboard"


class Connect(_AccountCommand):
    """Record that the user logs in now: the first login creates the mailbox. Says why a login would be refused."""

    name, keys, title = "connect", "c", "Accounts: record that the user logs in now"
    synonyms = "login logon"
    operation = "connect"


class MapDomains(_AccountCommand):
    """Map the accounts of a domain from its directory: set it up, test the connection, preview, apply."""

    name, keys, title, word = "map", "M", "Accounts: map a domain from its directory", "map"
    synonyms = "ldap active directory ad import"


class ServerRestarted(_AccountCommand):
    """Record that the server was restarted: this frees the seats of deleted accounts."""

    name, keys, title = "restarted", "R", "Server: it was restarted"
    synonyms = "reboot held"
    operation = "restarted"


class _ViewCommand(Command):
    group = "Looking"


class Mark(_ViewCommand):
    """Mark the account, or remove its mark; after 10, mark ten. The gauge shows what changing them would do."""

    name, keys, title, word = "mark", "space", "Marks: mark the account", "mark"


class MarkRange(_ViewCommand):
    """Begin a range of marks here; press it again where the range ends."""

    name, keys, title = "mark-range", "v", "Marks: from here to where it is pressed again"


class InvertMarks(_ViewCommand):
    """Mark the accounts in the list that are not marked, and unmark the others; no lists, resources and folded ones."""

    name, keys, title = "invert-marks", "asterisk", "Marks: invert"


class Filter(_ViewCommand):
    """Show only what you type: words, -words, is:never, seen:>180d, domain:x, role:x, tag:x, (a or b), -(a or b)."""

    name, keys, title, word = "filter", "slash", "View: filter", "filter"
    synonyms = "search find inactive idle stale old unused locked held admin role service"


class SavedFilters(_ViewCommand):
    """Use a filter that you saved, save the current one under a name, or forget one."""

    name, keys, title = "saved-filters", "f", "View: saved filters"
    synonyms = "search bookmarks"


class Sort(_ViewCommand):
    """Choose the column to sort by."""

    name, keys, title, word = "sort", "s", "View: sort", "sort"
    synonyms = "order oldest newest inactive"


class ReverseSort(_ViewCommand):
    """Reverse the order."""

    name, keys, title = "reverse-sort", "S", "View: reverse the order"


class Columns(_ViewCommand):
    """Choose the columns, their order and their widths. The choice is kept."""

    name, keys, title = "columns", "C", "View: columns"
    synonyms = "fields width settings preferences"


class NeverLoggedIn(_ViewCommand):
    """List the accounts that never logged in, or fold them into one line with their number."""

    name, keys, title, word = "never", "n", "View: accounts that never logged in", "never"
    synonyms = "unused inactive latent group fold"


class NextDomain(_ViewCommand):
    """Show the next domain only."""

    name, keys, title, word = "next-domain", "right_square_bracket", "View: next domain", "domain"


class PreviousDomain(_ViewCommand):
    """Show the previous domain only; before the first one, all domains."""

    name, keys, title = "previous-domain", "left_square_bracket", "View: previous domain"


class SwitchPane(_ViewCommand):
    """Go from the accounts to the domains, and back."""

    name, keys, title = "switch-pane", "tab,shift+tab", "View: other pane"


class Back(_ViewCommand):
    """One step back: drop a range, the filter, the marks, the domain, then the store if there are several."""

    name, keys, title = "back", "escape", "View: back"


ACCOUNT_COMMANDS = tuple(_AccountCommand.__subclasses__())
VIEW_COMMANDS = tuple(_ViewCommand.__subclasses__())
