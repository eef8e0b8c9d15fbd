"""The seat rules: every entry gets exactly one verdict, the first that fits."""

from typing import Final

from kconsole.core.records import Entry
from kconsole.core.reports import Classification

LICENSES_ARTICLE: Final = "Licenses in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 360015191920)"
ADMIN_ARTICLE: Final = "Admin Accounts in Kerio Connect, GFI support (support.kerioconnect.gfi.com, article 123568)"
DISABLING_ARTICLE: Final = "Disabling and Deleting User Accounts in Kerio Connect, GFI support (article 110298)"

BUILTIN_ADMIN: Final = Classification(
    "builtin-admin",
    False,
    "built-in",
    "The internal built-in administrator has no mailbox and takes no seat.",
    ADMIN_ARTICLE,
)
MAILING_LIST: Final = Classification(
    "mailing-list", False, "mailing list", "Mailing lists take no seat.", LICENSES_ARTICLE
)
RESOURCE: Final = Classification(
    "resource", False, "resource", "Resources (rooms and equipment) take no seat.", LICENSES_ARTICLE
)
ALIAS: Final = Classification(
    "alias",
    False,
    "alias",
    "An alias is a further address of somebody else and takes no seat.",
    LICENSES_ARTICLE,
)
DISABLED: Final = Classification(
    "disabled",
    False,
    "disabled",
    "A disabled account takes no seat, wherever it came from. It keeps its mail and cannot log in.",
    DISABLING_ARTICLE,
)
DIRECTORY_MAPPED: Final = Classification(
    "directory-mapped",
    True,
    "mapped",
    "An enabled account mapped from a directory service takes a seat, connected or not.",
    LICENSES_ARTICLE,
)
IMPORTED: Final = Classification(
    "imported", True, "imported", "An enabled account imported from a domain takes a seat.", LICENSES_ARTICLE
)
LOCAL: Final = Classification(
    "local",
    True,
    "local",
    "An enabled account created on this server takes a seat; one with admin rights too.",
    LICENSES_ARTICLE,
)

HELD: Final = Classification(
    "held",
    False,
    "deleted, held until restart",
    "A deleted account counts no more, but its seat is held until the server is restarted.",
    DISABLING_ARTICLE,
)
"""Of deleted accounts, as a list of those shows them that hold their seat; see `listed_verdict`."""

CLASSIFICATIONS: Final = (
    BUILTIN_ADMIN,
    MAILING_LIST,
    RESOURCE,
    ALIAS,
    DISABLED,
    DIRECTORY_MAPPED,
    IMPORTED,
    LOCAL,
)
"""All verdicts, in the order in which they are tried."""

_BY_KIND: Final = {
    "builtin_admin": BUILTIN_ADMIN,
    "mailing_list": MAILING_LIST,
    "resource": RESOURCE,
    "alias": ALIAS,
}
_BY_ORIGIN: Final = {"directory": DIRECTORY_MAPPED, "imported": IMPORTED, "local": LOCAL}


def classify(entry: Entry) -> Classification:
    """The verdict on an entry; on a deleted one, the verdict as if it had not been deleted.

    Source: Licenses in Kerio Connect, "What counts": created and enabled accounts in all domains, imported and
    mapped ones among them; not disabled accounts, mailing lists, resources, aliases, domains, nor the internal
    built-in administrator. Any other account with admin rights takes a seat.
    """
    of_kind = _BY_KIND.get(entry.kind)
    if of_kind is not None:
        return of_kind
    return _BY_ORIGIN[entry.origin] if entry.enabled else DISABLED


def listed_classification(entry: Entry) -> Classification:
    """The verdict on an entry in a list of accounts: deleted ones are listed there only while their seat is held."""
    return classify(entry) if entry.deleted_at is None else HELD
