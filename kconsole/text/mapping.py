"""What mapping a domain would do, in words: the preview of the screen and of the command line."""

from collections.abc import Iterator, Sequence
from typing import Final

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.records import Entry
from kconsole.licensing.guards import Access
from kconsole.licensing.map_plan import MapPlan, Pair
from kconsole.text import messages, words
from kconsole.text.details import Detail
from kconsole.text.gauge import state_word, used_words
from kconsole.text.safe_text import safe_text

Section = tuple[str, Sequence[Detail]]
"""A heading, and what stands under it."""

INSECURE: Final = "INSECURE: nobody checks which server answers, and what is sent may be read. It is recorded."
"""What is said each time that a server is asked which nobody checked."""

KIND_WORDS: Final[dict[DirectoryKind, str]] = {
    "active_directory": "Active Directory",
    "openldap": "OpenLDAP, or another with inetOrgPerson",
    "apple": "Apple Open Directory",
    "kerio": "Kerio Directory",
    "custom": "custom",
}


def kind_name(kind: DirectoryKind) -> str:
    """A kind as the command line takes it: "active-directory"."""
    return kind.replace("_", "-")


def plan_summary(plan: MapPlan, deactivate_gone: bool = False) -> list[Detail]:
    """What it comes to, the seats first. All texts are safe to show."""
    after, decision = plan.after(deactivate_gone), plan.decision(deactivate_gone)
    rows = [Detail("Seats", f"{plan.now.used:,} → {used_words(after)}   {state_word(after)}")]
    if decision.over:
        rows.append(
            Detail(
                "!", f"{messages.decision_lines(decision)[0]}: mapping may pass the limit, creating an account may not."
            )
        )
    if (line := access_words(plan.access(deactivate_gone))) is not None:
        rows.append(Detail("At login", line))
    domain = after.of_domain(plan.domain)
    if domain is not None and domain.limit is not None and domain.counted + domain.held > domain.limit:
        rows.append(Detail("!", f"The domain's own limit of {domain.limit:,} accounts is passed."))
    rows.append(Detail("Accounts", counts_words(plan)))
    return rows


def access_words(access: Access) -> str | None:
    """How those without a mailbox would fare at login; None if all of them are let in."""
    if not access.refused:
        return None
    who = words.count(access.without_mailbox, "account without a mailbox", "accounts without a mailbox")
    if not access.let_in:
        return f"{who} {'is' if access.without_mailbox == 1 else 'are'} refused (AuthLicense)"
    return f"of {who} the first {access.let_in:,} to connect are let in, the other {access.refused:,} are refused"


def counts_words(plan: MapPlan) -> str:
    """How many of each: "30 new, 1 renamed, 4 the same"; what there is none of is left out."""
    counts = [
        (len(plan.new), "new"),
        (len(plan.renamed), "renamed"),
        (len(plan.recreated), "under another id"),
        (len(plan.disabling), "disabled there"),
        (len(plan.changed), "changed"),
        (len(plan.noted) + plan.same, "the same"),
        (len(plan.gone), "gone"),
        (len(plan.collisions), "colliding"),
        (len(plan.faults), "not understood"),
    ]
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "none"


def plan_groups(plan: MapPlan, deactivate_gone: bool = False) -> Iterator[Section]:
    """Everything by name: what it would do to whom, the gravest first. All texts are safe to show."""
    if plan.gone:
        what = "would be disabled" if deactivate_gone else "left as they are"
        yield f"Gone from the directory: {what}", [_named(entry) for entry in plan.gone]
    if plan.collisions:
        yield (
            "Colliding, not mapped",
            [
                Detail(safe_text(collision.user.login), f"{collision.reason}   {safe_text(collision.user.name)}")
                for collision in plan.collisions
            ],
        )
    if plan.faults:
        yield "Not understood", [Detail("", safe_text(messages.words_of(fault))) for fault in plan.faults]
    if plan.access(deactivate_gone).refused:
        yield (
            "Without a mailbox: refused at login once the seats are used up",
            [_named(entry) for entry in plan.at_risk],
        )
    yield from _pairs("Disabled in the directory, disabled here too", plan.disabling)
    if plan.renamed:
        yield (
            "Renamed",
            [Detail(safe_text(before.address), f"→ {safe_text(after.address)}") for before, after in plan.renamed],
        )
    yield from _pairs("Another user of the directory has the login now, and takes the account over", plan.recreated)
    yield from _pairs("New name or description", plan.changed)
    if plan.new:
        yield "New", [_named(entry, "" if entry.enabled else "disabled there, takes no seat") for entry in plan.new]
    if plan.left_disabled:
        yield "Enabled in the directory, disabled here: left so", [_named(entry) for entry in plan.left_disabled]
    if plan.notes:
        yield "Notes", [Detail("", safe_text(messages.words_of(note))) for note in plan.notes]


def _pairs(heading: str, pairs: Sequence[Pair]) -> Iterator[Section]:
    if pairs:
        yield heading, [_named(after) for _, after in pairs]


def _named(entry: Entry, what: str = "") -> Detail:
    name = safe_text(entry.full_name)
    return Detail(safe_text(entry.address), "   ".join(text for text in (name, what) if text))


VERIFIED_WORDS: Final = {
    "system": "this system trusts its certificate",
    "ca file": "its certificate is signed as the CA file says",
    "fingerprint": "its certificate is the one that was named",
    "unchecked": "its certificate is NOT CHECKED",
}
"""How a directory's certificate was checked."""


def connection_words(encrypted: bool, verified_by: str) -> str:
    """How safe a connection is: "encrypted, this system trusts its certificate"."""
    return f"encrypted, {VERIFIED_WORDS[verified_by]}" if encrypted else "NOT ENCRYPTED"


def directory_rows(directory: Directory) -> list[Detail]:
    """The settings of a directory. All texts are safe to show."""
    rows = [
        Detail("URL", safe_text(directory.url)),
        Detail("Base", safe_text(directory.base)),
        Detail("Kind", KIND_WORDS[directory.kind]),
        Detail("Binds as", safe_text(directory.bind_as) or "nobody"),
    ]
    if directory.filter:
        rows.append(Detail("Filter", safe_text(directory.filter)))
    rows += [Detail(f"  {field}", safe_text(attribute)) for field, attribute in directory.attributes]
    rows.append(Detail("Trusts", _trust_words(directory)))
    return rows


def _trust_words(directory: Directory) -> str:
    if directory.insecure:
        return "! INSECURE: nobody checks which server that is"
    if directory.fingerprint:
        return f"the certificate {safe_text(directory.fingerprint)}"
    return f"who is signed by {safe_text(directory.ca_file)}" if directory.ca_file else "whom this system trusts"
