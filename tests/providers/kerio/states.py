"""Readings of a server in small pages, and the calls that make one."""

from collections.abc import Callable
from typing import Any

from kconsole.core.records import Entry, Kind
from kconsole.core.server import ServerAccess
from kconsole.providers.base import (
    DomainState,
    ServerState,
)
from tests.kerio_server.readings import read_in_pages
from tests.providers.kerio.kerio_https import PASSWORD

LATE = 2.0
"""Seconds after which an answer that is held is late, and no other is, though the machine be busy."""

FIGURES: list[tuple[str, str, Callable[[ServerState], object]]] = [
    ("Server.getServerTime", "server-start", lambda state: state.started),
    ("Server.getRemoteAdministration", "built-in-admin", lambda state: state.administrator),
    ("ProductRegistration.getFullStatus", "license", lambda state: state.license),
    ("Server.getLicenseExtensionsList", "extensions", lambda state: state.license and state.license.components),
    ("Users.getMailboxCount", "mailbox-counts", lambda state: state.numbers.active),
    ("Server.getAboutInfo", "user-count", lambda state: state.numbers.current),
]
OF_A_DOMAIN: list[tuple[str, str, Callable[[DomainState], object]]] = [
    ("Users.get", "users", lambda domain: "user" in domain.complete),
    ("MailingLists.get", "mailing-lists", lambda domain: "mailing_list" in domain.complete),
    ("Resources.get", "resources", lambda domain: "resource" in domain.complete),
    ("Aliases.get", "aliases", lambda domain: "alias" in domain.complete),
    ("Domains.getUserCountInfo", "user-count", lambda domain: domain.numbers),
]
NEEDED = ["Session.whoAmI", "Domains.get"]
EVERYTHING = [
    *NEEDED,
    "Server.getNamedConstantList",
    "Server.getVersion",
    *(method for method, *_ in FIGURES),
    *(method for method, *_ in OF_A_DOMAIN),
]


def read(server: ServerAccess, **options: Any) -> ServerState:
    return read_in_pages(server, PASSWORD, **options)


def of_kind(domain: DomainState, kind: Kind = "user") -> list[Entry]:
    return [entry for entry in domain.entries if entry.kind == kind]


def logins(state: ServerState) -> list[list[str]]:
    return [[user.login for user in of_kind(domain)] for domain in state.domains]
