"""Sentences about directories, and about mapping accounts from them."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template
from kconsole.text.words import with_article


def _by_whom(template: str) -> Template:
    """A template in which `{who}` is the name to bind as, or an anonymous client."""

    def text(params: Mapping[str, Any]) -> str:
        return template.replace("{who}", "{name}" if params["name"] else "an anonymous client")

    return text


def _same(what: str) -> Template:
    def text(params: Mapping[str, Any]) -> str:
        more = "; and {more:,} more" if params["more"] else ""
        return f"{{number:,}} entries have the {what}, and none of them is mapped: {{names}}{more}."

    return text


def _it(params: Mapping[str, Any], one: str = "it", several: str = "them") -> str:
    return one if params["number"] == 1 else several


def _refused(reason: str) -> str:
    return f"{{url}} refused the login of {{name}}: {reason}."


TEMPLATES: Final[Mapping[str, Template]] = {
    # Settings
    "use-one-of": "Use one of: {names}.",
    "url-and-base-required": "A directory needs both a URL and a base.",
    "directory-kind-unknown": "{kind} is not a kind of directory.",
    "bind-name-has-zero-byte": "The name to bind as contains a zero byte.",
    "attribute-field-unknown": "{field} is not a field that can be read from an attribute.",
    "attribute-field-twice": "The attribute for {field} is named twice.",
    "attribute-name-invalid": "{name} is not the name of an attribute.",
    "attribute-name-example": "Names consist of letters, digits and hyphens, such as mailNickname.",
    "custom-directory-incomplete": "A custom directory needs an attribute for {fields:list}.",
    "id-must-last": "The id must be one that never changes, such as entryUUID.",
    "base-missing": "The base is missing: it says where in the directory the users are.",
    "base-invalid": "The base {base} is not a distinguished name.",
    "base-example": "Write it as in ou=people,dc=example,dc=com.",
    "filter-invalid": "The filter {filter} {problem}, at character {character}.",
    "filter-unparseable": "The filter {filter} is not valid.",
    "filter-example": "Write it as in (&(mail=*)(!(employeeType=guest))).",
    "filter-goes-on": "goes on after its end",
    "filter-too-deep": "is nested deeper than {most} levels",
    "filter-ends-early": "ends too early",
    "filter-bracket-missing": "lacks an opening bracket",
    "filter-conditions": "has {number:count condition} after {sign}",
    "filter-no-condition": "has no condition after {sign}",
    "filter-compares-nothing": "has a condition that compares nothing",
    "filter-sign-unescaped": "has a character that must be written as \\ and two hexadecimal digits",
    "bind-password-missing": "The password of {name} is missing.",
    "give-bind-password": "Give its password, or leave out the name to bind anonymously.",
    # The server
    "not-a-directory": "{url} does not answer like a directory: {problem}.",
    "not-ldap": "its answer is not LDAP",
    "answer-too-large": "its answer is larger than {megabytes} MB",
    "search-too-large": "{url} sent more than {megabytes} MB as one answer to a search.",
    "narrow-the-search": "Narrow the base or the filter, or look for an entry that is unusually large.",
    "port-speaks-plain": "{url} does not encrypt at once on port {port}: it speaks LDAP there.",
    "use-scheme": "Use {other}.",
    "port-speaks-tls": "{url} speaks TLS at once on port {port}.",
    "is-active-directory": "{url} is Active Directory, and the settings say another kind.",
    "not-active-directory": "{url} is {product}, not Active Directory as the settings say.",
    "set-the-kind": Both(
        "Set its kind with 'kconsole domains map DOMAIN --kind KIND --url ... --base ...'; active-directory is one.",
        "Choose its kind in the settings.",
    ),
    "attribute-hidden": _by_whom(
        "{url} does not show {attribute} of {number:count entry}, such as {example}, to {who}: whether and how"
        " that counts is unknown."
    ),
    "grant-reading": _by_whom("Let {who} read {attribute}, or bind as an account that may."),
    "account-restrictions": "In Active Directory, grant 'Read account restrictions' on the users below the base.",
    "usual-ldap-ports": "Check host and port: ldaps:// usually uses port 636, ldap:// port 389.",
    "maybe-not-a-directory": "Check host and port: this may not be a directory.",
    "no-encryption": "{url} offers no encryption: it does not support StartTLS.",
    "try-ldaps": "Try ldaps:// instead. Without encryption, others on the network could read the password.",
    "directory-said": "The server says: {said} (result {result})",
    "directory-said-nothing": "The server gives no reason (result {result})",
    "bind-needs-encryption": "{url} requires a safer connection for a login.",
    "use-ldaps": "Use ldaps:// or StartTLS.",
    "anonymous-bind-refused": "{url} refuses anonymous clients.",
    "name-who-binds": "Give a name to bind as, and its password.",
    "bind-name-invalid": "{url} does not accept {name} as a name.",
    "bind-with-dn": "Most directories require a distinguished name to bind as.",
    "login-refused": _refused("it does not accept this name and password"),
    "login-unknown": _refused("this name does not exist"),
    "login-at-this-time": _refused("the account may not log in at this time"),
    "login-from-here": _refused("the account may not log in from this host"),
    "password-expired": _refused("the password has expired"),
    "login-disabled": _refused("the account is disabled"),
    "login-expired": _refused("the account has expired"),
    "password-must-change": _refused("the password must be changed first"),
    "login-locked": _refused("the account is locked"),
    "login-not-allowed": "{url} refused the login of {name}, and gives a reason of its own.",
    "check-name-and-password": "Check name and password. Most directories require a distinguished name.",
    "perhaps-locked": "Or the account is locked, disabled or expired, and this directory does not say so.",
    "see-what-the-server-says": "The words of the server say why. Name and password may be right.",
    "change-logon-rights": "Name and password are right. Change the hours and hosts of the account in the directory.",
    "set-new-password": "Set a new password for the account in the directory, or bind as another account.",
    "enable-the-account": "Enable the account in the directory, or bind as another one.",
    "extend-the-account": "Extend the account in the directory, or bind as another one.",
    "unlock-the-account": "Unlock the account in the directory, or wait until the lock ends.",
    "bind-failed": "{url} refused the login of {name}.",
    "see-server-log": "See the log of the server.",
    "search-base-missing": _by_whom("{url} has no {base}, or does not show it to {who}."),
    "check-base-and-rights": _by_whom("Check the base, and what {who} may read."),
    "search-limit-reached": "{url} stopped the search: a limit of the server is reached.",
    "search-limit-no-pages": "{url} stopped the search at a limit of its own, and cannot answer page by page.",
    "search-cut-short": "{url} sent {number:count user} as if that were all, and has more.",
    "raise-limit-or-narrow": _by_whom("Allow {who} to read all users, or narrow the base or the filter."),
    "search-base-elsewhere": "{url} says that {base} is on another server.",
    "use-the-other-server": (
        "Name that server in the settings. References are not followed, because the password could be sent anywhere."
    ),
    "search-not-allowed": _by_whom("{url} does not allow {who} to read below {base}."),
    "bind-with-more-rights": "Bind as an account that may read there.",
    "directory-busy": "{url} is not available at present.",
    "try-again-later": "Try again later.",
    "search-failed": "{url} failed to search.",
    "users-without-end": "{url} does not stop sending users.",
    "check-base-and-server": "Check the base, and the state of the server.",
    # Entries
    "entry-without-login": "{name} has no {attribute}, which is the login here.",
    "entry-without-id": "{name} has no {attribute}, which is the id here.",
    "entry-login-unusable": "{name} has a {attribute} that cannot be used as a login.",
    "entry-state-unreadable": "{name} has a {attribute} that does not say whether the user is disabled.",
    "entry-id-unusable": "{name} has a {attribute} that cannot be used as an id.",
    "entries-with-same-id": _same("id {id}"),
    "entries-with-same-login": _same("login {login}"),
    "directory-empty": "The directory has no users below the base, or does not show them.",
    "references-not-followed": "{number:count reference} to other servers not followed.",
    "entries-not-people": lambda params: (
        f"{{number:count entry}} left aside, because no person uses {_it(params)}: {{names}}"
        + ("; and {more:,} more." if params["more"] else ".")
    ),
    "values-not-text": "{number:count user} with a name or description that is not UTF-8: known ones are kept.",
    "disabled-not-stated": "No attribute says who is disabled in the directory: everyone counts as enabled.",
    "absence-unchecked": "The server does not say whether {attribute} may be read: without it, users count as enabled.",
    "logon-times-unreadable": lambda params: (
        "{number:count time} of a last logon cannot be read, and "
        + ("counts as unknown." if params["number"] == 1 else "count as unknown.")
    ),
    # Mapping
    "directory-not-set": "No directory is set for {domain}.",
    "set-directory": Both(
        "Set it with 'kconsole domains map {domain} --url ldaps://... --base ...'.",
        "Set it in the list of mapped domains.",
    ),
    "attribute-form": "'{text}' does not have the form FIELD=NAME, such as login=mailNickname.",
    "map-directory-same": "already mapped from there",
    "map-directory-set": "mapped from {url}",
    "map-directory-set-insecure": "mapped from {url}. INSECURE: its certificate is not checked",
    "map-no-directory": "not mapped from a directory",
    "map-directory-forgotten": "no longer mapped from a directory; its accounts stay",
    "map-new": "mapped, takes a seat",
    "map-new-disabled": "mapped, disabled as in the directory",
    "map-renamed": "renamed from {before}",
    "map-renamed-disabled": "renamed from {before}; disabled as in the directory",
    "map-changed": "changed",
    "map-disabled": "disabled as in the directory",
    "map-gone-disabled": "disabled, gone from the directory",
    "map-unreadable": lambda params: (
        f"{{number:count entry}} of the directory not mapped, because {_it(params, 'it', 'they')} cannot be read"
    ),
    "map-unchanged": "already as in the directory",
    "many-gone": (
        "{gone:,} of {mapped:count mapped account|mapped accounts} are gone from the directory. So many are disabled"
        " only if their number is confirmed."
    ),
    "check-base-and-filter": "Check base and filter.",
    "confirm-gone": "If base and filter are right, pass --confirm-gone {gone}.",
    "nothing-mapped-look-again": "Nothing was mapped. Review the plan again.",
    "login-of-another-domain": "the login belongs to another domain than {domain}",
    "login-unusable": "the login has blanks or invisible characters, or is too long for an address",
    "login-of-another-user": "another user of the directory has the same login here",
    "address-held-by": lambda params: f"the address is already taken by {with_article(params['what'])}",
    "address-held-by-mapped": "the address is already taken by another mapped account",
    "address-held-by-doubtful": "the address is taken by an account whose directory entry cannot be read",
    "address-held-by-gone": "the address is taken by a mapped account that is gone from the directory",
}
