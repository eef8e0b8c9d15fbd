"""Places for a store: a database that is prepared for it, with its logins, and a copy of it somewhere else."""

from collections.abc import Sequence

from kconsole.core.errors import BadInput, NotFound
from kconsole.core.history import Operator
from kconsole.core.identity import canonical_domain, shown_address
from kconsole.operations.locations import Location, is_database
from kconsole.operations.search.lookup import hints_for
from kconsole.operations.session import Session
from kconsole.store.copied_lines import copy_store
from kconsole.store.engine import Head
from kconsole.store.postgresql.schema import bind as bind_login
from kconsole.store.postgresql.schema import prepare as prepare_database
from kconsole.store.postgresql.schema import schema as schema


def prepare(store: Location) -> tuple[str, bool]:
    """Prepare a database for stores, or bring it up to date; returns the login that did, and whether that was so.

    Raises:
        BadInput: it is a folder.
        Refused: a newer kconsole prepared it, or the login may not do that.
        StoreUnusable: it cannot be reached, or is not fit for a journal.
    """
    if not isinstance(store, str):
        raise BadInput("database-address", "address-like-this")
    return prepare_database(store)


def bind(session: Session, login: str, domains: Sequence[str], account: str) -> None:
    """Bind a login of the database of a store to domains and an account; without both, to nothing any more.

    The database compares names letter by letter, so it gets a domain in all its forms.

    Raises:
        BadInput: the store is in a folder, or a domain is none.
        NotFound: the store has no such domain or account, or the database no such login.
    """
    address, state = session.store.address, session.state
    if not is_database(address):
        raise BadInput("database-address", "address-like-this")
    forms = set[str]()
    for name in domains:
        if (domain := state.domain_named(name)) is None:
            raise NotFound("no-such-domain", "see-domains", domain=name)
        forms |= {domain.name, canonical_domain(domain.name), shown_address(canonical_domain(domain.name))}
    entry = state.entry_at(account) if account else None
    if account and entry is None:
        raise NotFound("address-not-in-store", hints_for(account, state), address=account)
    bind_login(address, login, forms, "" if entry is None else entry.address)


def copy(source: Location, target: Location, operator: Operator, patience: float) -> Head:
    """Copy a store to where there is none; see `copy_store`."""
    return copy_store(source, target, operator.shown, patience)
