"""Directories and mappings in words: what the screen and the command line show alike. All results are safe to show."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kconsole.core.codes import Message
from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.records import Entry
from kconsole.licensing.guards import Access
from kconsole.licensing.map_plan import MapPlan, Pair
from kconsole.text import messages, words
from kconsole.text.details import Detail
from kconsole.text.gauge import state_word, used_words
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.trust import trust_words

Section = tuple[str, Sequence[Detail]]
"""A heading with its lines."""

KIND_WORDS: Final[dict[DirectoryKind, str]] = {
    "active_directory": "Active Directory",
    "openldap": "OpenLDAP, or another with inetOrgPerson",
    "apple": "Apple Open Directory",
    "kerio": "Kerio Directory",
    "custom": "custom",
}


def plan_summary(plan: MapPlan, disable_gone: bool = False) -> Iterator[Detail]:
    """The result of a mapping in a few lines, the seats first."""
    after, decision = plan.after(disable_gone), plan.decision(disable_gone)
    yield Detail("Seats", f"{plan.now.used:,} → {used_words(after, beside_state=True)}   {state_word(after)}")
    if decision.over:
        over = messages.parts_of(decision.message)[0]
        yield Detail("Exceeded", f"{over}: mapping may exceed the license, creating an account may not.")
    if (line := access_words(plan.access(disable_gone))) is not None:
        yield Detail("At login", line)
    domain = after.of_domain(plan.domain)
    if domain is not None and domain.limit is not None and domain.counted + domain.held > domain.limit:
        yield Detail("Exceeded", f"The domain's own limit of {words.count(domain.limit, 'account')} is exceeded.")
    yield Detail("Accounts", counts_words(plan))


def access_words(access: Access) -> str | None:
    """How many accounts without a mailbox are refused at login; None if all of them are let in."""
    if not access.refused:
        return None
    accounts = words.count(access.without_mailbox, "account without a mailbox", "accounts without a mailbox")
    if not access.let_in:
        return f"{accounts} {words.are(access.without_mailbox)} refused"
    first = "the first" if access.let_in == 1 else f"the first {access.let_in:,}"
    other = "the other" if access.refused == 1 else f"the other {access.refused:,}"
    let_in, refused = words.are(access.let_in), words.are(access.refused)
    return f"of {accounts} {first} to log in {let_in} let in, {other} {refused} refused"


def counts_words(plan: MapPlan) -> str:
    """The numbers of a plan that are not zero: "30 new, 1 renamed, 4 the same"."""
    counts = [
        (len(plan.new), "new"),
        (len(plan.renamed), "renamed"),
        (len(plan.recreated), "under another id"),
        (len(plan.disabling), "disabled there"),
        (len(plan.changed), "changed"),
        (len(plan.noted) + plan.same, "the same"),
        (len(plan.gone), "gone"),
        (len(plan.collisions), "colliding"),
        (plan.left_out.total() - len(plan.collisions), "unreadable"),
    ]
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "none"


def left_out_words(plan: MapPlan) -> str:
    """How many users are not mapped, and why: "3 users cannot be mapped: 3 without an id"."""
    counts: Counter[str] = Counter()
    for code, number in plan.left_out.items():
        counts[_LEFT_OUT.get(code, "that cannot be read")] += number
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.items())
    return f"{words.count(counts.total(), 'user')} cannot be mapped: {reasons}"


_LEFT_OUT: Final[dict[str, str]] = {
    "login-of-another-domain": "with a login of another domain",
    "login-unusable": "with a login that no address can have",
    "login-of-another-user": "with the login of another",
    "entries-with-same-login": "with the login of another",
    "entries-with-same-id": "with the id of another",
    "address-held-by": "whose address is taken",
    "address-held-by-mapped": "whose address is taken",
    "address-held-by-doubtful": "whose address is taken",
    "address-held-by-gone": "whose address is taken",
    "entry-without-login": "without a login",
    "entry-login-unusable": "without a usable login",
    "entry-without-id": "without an id",
    "entry-id-unusable": "without a usable id",
    "entry-state-unreadable": "that may be disabled or not",
}
"""What users have in common that are left out, by the code of the reason."""


def gone_words(plan: MapPlan) -> str:
    """How many accounts are gone: "12 of 40 mapped accounts are gone from the directory"."""
    gone = len(plan.gone)
    return f"{words.of_limit(gone, plan.mapped, 'mapped account')} {words.are(gone)} gone from the directory"


def plan_groups(plan: MapPlan, disable_gone: bool = False) -> Iterator[Section]:
    """Everything by name, the gravest first; groups that are empty are left out."""
    gone = "will be disabled" if disable_gone else "stay as they are"
    at_risk = plan.at_risk if plan.access(disable_gone).refused else ()
    alike = sum(fault.params.get("number", 0) for fault in plan.faults)
    colliding = [(safe_text(user.login), safe_text(user.name), _safe_words(why)) for user, why in plan.collisions]
    renamed = [(safe_address(before.address), safe_address(after.address)) for before, after in plan.renamed]
    groups: list[tuple[str, Iterable[Detail]]] = [
        (f"Gone from the directory: {gone}", map(_named, plan.gone)),
        ("Colliding, not mapped", (Detail(login, f"{why}   {name}") for login, name, why in colliding)),
        (
            f"Groups with the same login or id, {words.count(alike, 'user')} in all, not mapped",
            (Detail("", _safe_words(fault)) for fault in plan.faults if "number" in fault.params),
        ),
        (
            "Unreadable, not mapped",
            (Detail("", _safe_words(fault)) for fault in plan.faults if "number" not in fault.params),
        ),
        ("Without a mailbox: refused at login once the seats are used up", map(_named, at_risk)),
        ("Disabled in the directory, disabled here too", _after(plan.disabling)),
        ("Renamed", (Detail(before, f"→ {after}") for before, after in renamed)),
        ("Another user of the directory with the same login: starts without mailbox and role", _after(plan.recreated)),
        ("New name or description", _after(plan.changed)),
        ("New", (_named(entry, "" if entry.enabled else "disabled there, takes no seat") for entry in plan.new)),
        ("Enabled in the directory, disabled here: stay disabled", map(_named, plan.left_disabled)),
        ("Notes", (Detail("", _safe_words(note)) for note in plan.notes)),
    ]
    for heading, rows in groups:
        if details := list(rows):
            yield heading, details


def _after(pairs: Iterable[Pair]) -> Iterator[Detail]:
    return (_named(after) for _, after in pairs)


def _named(entry: Entry, note: str = "") -> Detail:
    return Detail(safe_address(entry.address), "   ".join(text for text in (safe_text(entry.full_name), note) if text))


def _safe_words(message: Message) -> str:
    return safe_text(messages.words_of(message))


def users_words(users: int, more: bool, base: str) -> str:
    """How many users a test found: "more than 500 users below ou=people"."""
    return f"{'more than ' if more else ''}{words.count(users, 'user')} below {safe_text(base)}"


def users_read(number: int) -> str:
    """The progress of reading a directory: "1,200 users read"."""
    return f"{words.count(number, 'user')} read"


def directory_rows(directory: Directory) -> Iterator[Detail]:
    """The settings of a directory."""
    yield Detail("URL", safe_text(directory.url))
    yield Detail("Base", safe_text(directory.base))
    yield Detail("Kind", KIND_WORDS[directory.kind])
    yield Detail("Binds as", safe_text(directory.bind_as) or "anonymous")
    if directory.filter:
        yield Detail("Filter", safe_text(directory.filter))
    for field, attribute in directory.attributes:
        yield Detail(f"  {field}", safe_text(attribute))
    yield Detail("Trusts", trust_words(directory))
