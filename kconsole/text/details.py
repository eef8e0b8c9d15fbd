"""Explains an entry: what it is, whether it takes a seat and by which rule, and whether it can log in."""

from datetime import datetime
from typing import Final, NamedTuple

from kconsole.core.decisions import Decision, Keep, Mark, Offboarding, Protection, Reservation
from kconsole.core.identity import ascii_address
from kconsole.core.records import Entry
from kconsole.core.reports import Classification
from kconsole.licensing.explanation import Explanation
from kconsole.text import ages, words
from kconsole.text.messages import words_of
from kconsole.text.safe_text import escaped, safe_address, safe_text
from kconsole.text.sentences.license import RULES

LIMIT: Final = 1000
"""Characters of a text that are shown where not all of it was asked for."""


class Detail(NamedTuple):
    """One line of an explanation. Safe to show."""

    label: str
    text: str


def reason_word(classification: Classification) -> str:
    """Why an entry takes a seat or none, in a word or two for a column."""
    exceptions = {"mailing-list": "mailing list", "deleted-held": "deleted, held until restart"}
    return exceptions.get(classification.reason, classification.reason)


def rule_sentence(classification: Classification) -> str:
    """The same as a sentence."""
    takes = "take a seat" if classification.seat else "take no seat"
    return RULES.get(classification.code, f"Entries of this kind ({reason_word(classification)}) {takes}.")


def name_word(entry: Entry) -> str:
    """The name of an entry for a column; for an alias without one, where it delivers: "→ anna", "→ anna +2"."""
    if entry.full_name or entry.is_account or not entry.delivers_to:
        return safe_text(entry.full_name)
    first, *others = entry.delivers_to
    login, _, domain = first.rpartition("@")
    shown = login if login and domain == entry.domain else first
    return f"→ {safe_address(shown)}" + (f" +{len(others)}" if others else "")


def last_login_word(entry: Entry, now: datetime) -> str:
    """When an entry last logged in, for a narrow column."""
    if not entry.is_account:
        return "–"
    return _no_login(entry) if entry.last_login is None else ages.age(entry.last_login.at, now)


def _no_login(entry: Entry) -> str:
    return ages.NEVER if entry.never_logged_in else ages.UNKNOWN


def _decided(decision: Decision, now: datetime, limit: int | None) -> Detail:
    """A keep or another decision about an account, with its reason and who made it."""
    if isinstance(decision, Keep):
        label, what = "Kept", f"{'until' if now < decision.until else 'ended'} {words.day(decision.until)}"
    elif isinstance(decision, Reservation):
        label, what = "Reserved", f"{words.count(decision.count, 'seat')} until {words.day(decision.until)}"
    elif isinstance(decision, Protection):
        label, what = "Protected", f"as {safe_text(decision.pattern, limit)}"
    elif isinstance(decision, Offboarding):
        label, what = "Leaves", f"{words.day(decision.due)}{offboarding_words(decision)}"
    elif isinstance(decision, Mark):
        return Detail("Marked", f"by {safe_text(decision.policy, limit)}, due {words.day(decision.due)}")
    else:
        return Detail("Policy", safe_text(decision.name, limit))
    return Detail(label, f"{what}, by {safe_text(decision.by)}: {safe_text(decision.reason, limit)}")


def offboarding_words(offboarding: Offboarding) -> str:
    """What an offboarding does, after its day: ", disabled", or ", deleted, mailbox to b@x.example"."""
    if not offboarding.deletes:
        return ", disabled"
    mailbox = f"mailbox to {safe_address(offboarding.to)}" if offboarding.to else "mailbox kept"
    alias = f", its address an alias of {safe_address(offboarding.alias_to)}" if offboarding.alias_to else ""
    return f", deleted, {mailbox}{alias}"


def _login_words(entry: Entry, now: datetime, limit: int | None = LIMIT) -> str:
    if entry.last_login is None:
        return _no_login(entry)
    via = f" by {safe_text(entry.last_login.protocol, limit)}" if entry.last_login.protocol else ""
    return ages.ago_and_moment(entry.last_login.at, now) + via


def details_of(explanation: Explanation, limit: int | None = LIMIT) -> list[Detail]:
    """Everything about an entry, the most important first; of each text at most `limit` characters."""
    entry, policy, is_holding, now = explanation.entry, explanation.policy, explanation.is_held, explanation.at
    classification = policy.listed(entry) if is_holding else explanation.classification
    takes = f"takes {'a' if classification.seat else 'no'} seat: {reason_word(classification)}"
    if entry.deleted_at is not None:
        held = "its seat is held until the server is restarted"
        takes = f"deleted; {held}" if is_holding else "deleted; takes no seat"
    name = f"   {safe_text(entry.full_name, limit)}" if entry.full_name else ""
    details = [
        Detail(words.KINDS[entry.kind].capitalize(), safe_address(entry.address, limit) + name),
        Detail("Seat", takes),
        Detail("Rule", rule_sentence(classification)),
    ]
    if policy.is_account(entry):
        access = explanation.access
        without = "no mailbox yet" if entry.never_logged_in else "no mailbox known"
        mailbox = "has a mailbox" if entry.mailbox else without
        details += [
            Detail("Last login", f"{_login_words(entry, now, limit)}   {mailbox}"),
            Detail(
                "Login now", "would be let in" if access.allowed else f"would be refused: {words_of(access.message)}"
            ),
            Detail("Role", f"{words.ROLES[entry.role]}, {words.ORIGINS[entry.origin]}"),
        ]
    if entry.description:
        details.append(Detail("Description", safe_text(entry.description, limit)))
    if (ascii_form := ascii_address(entry.address)) != safe_address(entry.address):
        details.append(Detail("In ASCII", safe_text(ascii_form, limit)))
    if entry.tags:
        details.append(Detail("Tags", safe_text(" ".join(entry.tags))))
    details += [_decided(each, now, limit) for each in explanation.decisions]
    if entry.directory_logon is not None:
        details.append(Detail("Directory", f"last logon to it {ages.ago_and_moment(entry.directory_logon, now)}"))
    if entry.delivers_to:
        label = "Forwards to" if entry.is_account else "Delivers to"
        details.append(Detail(label, safe_text(", ".join(entry.delivers_to), limit)))
    if entry.moderators:
        details.append(Detail("Moderators", safe_text(", ".join(entry.moderators), limit)))
    if entry.deleted_at is not None:
        details.append(Detail("Deleted", ages.ago_and_moment(entry.deleted_at, now)))
    raws = [("address", entry.address), ("name", entry.full_name), ("text", entry.description)]
    if entry.last_login is not None:
        raws.append(("protocol", entry.last_login.protocol))
    raws += [("delivery", address) for address in entry.delivers_to]
    raws += [("moderator", address) for address in entry.moderators]
    details += [Detail(f"Raw {label}", shown) for label, raw in raws if (shown := escaped(raw[:limit])) != raw[:limit]]
    details.append(Detail("Source", classification.source))
    return details
