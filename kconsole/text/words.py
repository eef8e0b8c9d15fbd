"""Words that the screen and the command line share, so that a thing has one name in both."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from kconsole.core.license import ComponentName
from kconsole.core.records import Entry, Kind, Origin, Role

KINDS: Final[dict[Kind, str]] = {
    "user": "account",
    "mailing_list": "mailing list",
    "resource": "resource",
    "alias": "alias",
    "builtin_admin": "built-in administrator",
}
ORIGINS: Final[dict[Origin, str]] = {
    "local": "created here",
    "directory": "mapped from a directory",
    "imported": "imported",
    "other_server": "on another server",
}
ROLES: Final[dict[Role, str]] = {
    "user": "user",
    "auditor": "auditor",
    "account_admin": "account admin",
    "full_admin": "full admin",
}

COMPONENT_WORDS: Final[dict[ComponentName, str]] = {
    "antivirus": "Antivirus",
    "activesync": "Exchange ActiveSync",
    "antispam": "Anti-spam",
}

BACKUP_NOTE: Final = "Mail is kept. Disabled accounts are left out of the server's backups, and do not forward."
"""What else disabling does on the server. Source: Disabling and Deleting User Accounts, GFI."""


def count(number: int, thing: str, things: str | None = None) -> str:
    """A number of things: "1 account", "1,200 accounts", "2 addresses", "3 entries"; a plural may be irregular."""
    return f"{number:,} {noun(number, thing, things)}"


def noun(number: int, thing: str, things: str | None = None) -> str:
    """What so many things are called, where their number stands elsewhere."""
    return thing if number == 1 else things or _plural(thing)


def are(number: int) -> str:
    """The verb after a number of things."""
    return "is" if number == 1 else "are"


def amount(number: Decimal, separator: str = ",") -> str:
    """An amount of money with all its decimals, and two at least: "2,712.00"."""
    decimals = max(-int(number.as_tuple().exponent), 2)
    return f"{number:,.{decimals}f}".replace(",", separator)


def of_limit(used: int, limit: int | None, thing: str = "") -> str:
    """How many are used of how many: "113 of 120", "1,500 of 1,400 seats"; without a limit, "37 seats"."""
    named = f" {noun(used if limit is None else limit, thing)}" if thing else ""
    return f"{used:,}{named}" if limit is None else f"{used:,} of {limit:,}{named}"


def count_entries(entries: Collection[Entry]) -> str:
    """How many entries: "162 accounts", or "3 entries" if one of them is no account."""
    return f"{len(entries):,} {entries_noun(entries)}"


def entries_noun(entries: Collection[Entry]) -> str:
    """What so many entries are called: "accounts", or "entries" if one of them is no account."""
    return noun(len(entries), "account" if all(entry.is_account for entry in entries) else "entry")


def and_list(items: Sequence[str], most: int = 5) -> str:
    """A list in words: "a", "a and b", "a, b and c"; beyond `most`, "a, b and 4 more". The items are safe already."""
    most = max(most, 1)
    named = [*items[:most], f"{len(items) - most:,} more"] if len(items) > most else list(items)
    if len(named) < 2:
        return "".join(named)
    return f"{', '.join(named[:-1])} and {named[-1]}"


def state_of(entry: Entry) -> str:
    """Whether an entry is "enabled", "disabled" or "deleted"."""
    if entry.deleted_at is not None:
        return "deleted"
    return "enabled" if entry.enabled else "disabled"


def _plural(thing: str) -> str:
    if thing.endswith(("s", "x", "ch", "sh")):
        return thing + "es"
    if thing.endswith("y") and thing[-2:-1] not in "aeiou":
        return thing[:-1] + "ies"
    return thing + "s"


REASON_WORDS: Final = {
    "builtin-admin": "built-in administrator",
    "mailing-list": "mailing list",
    "directory-mapped": "mapped account",
    "imported": "imported account",
    "local": "local account",
    "other-server": "account on another server",
    "disabled": "disabled account",
}
"""What an entry is, by the code of its classification; for another one its own code has to do."""


def with_article(classification: str) -> str:
    """What an entry is, by the code of its classification: "an alias", "the built-in administrator"."""
    if classification == "builtin-admin":
        return "the built-in administrator"
    what = REASON_WORDS.get(classification, classification)
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


ORDER_WORDS: Final = {
    "last-login": ("last login", "oldest first", "newest first"),
    "address": ("account", "A to Z", "Z to A"),
    "name": ("name", "A to Z", "Z to A"),
    "seat": ("seat", "taken first", "not taken first"),
    "because": ("because", "A to Z", "Z to A"),
    "domain": ("domain", "A to Z", "Z to A"),
    "protocol": ("via", "A to Z", "Z to A"),
    "role": ("role", "users first", "full admins first"),
    "kind": ("kind", "A to Z", "Z to A"),
    "origin": ("origin", "A to Z", "Z to A"),
}
"""The name of each order of the account list, and of its two directions."""


def order_words(sort: str, reverse: bool) -> str:
    """An order of the account list: "last login, oldest first"."""
    name, ascending, descending = ORDER_WORDS[sort]
    return f"{name}, {descending if reverse else ascending}"


def day(moment: datetime) -> str:
    """The day on which something begins or ends, in the zone of this machine; with its time if that is not midnight."""
    local = moment.astimezone()
    return f"{local:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
