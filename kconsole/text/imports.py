"""Imports in words: what the screen and the command line show alike. All results are safe to show."""

from collections import Counter
from collections.abc import Iterable

from kconsole.core.records import Entry
from kconsole.text import words
from kconsole.text.safe_text import safe_address, safe_text


def by_kind(entries: Iterable[Entry]) -> str:
    """How many of each kind: "3 accounts and 1 alias"."""
    kinds = Counter(words.KINDS[entry.kind] for entry in entries)
    counted = [words.count(kinds[kind], kind) for kind in words.KINDS.values() if kinds[kind]]
    return words.and_list(counted, len(counted)) or words.count(0, "account")


def in_force(before: Entry, after: Entry) -> list[str]:
    """What would be different of the state and the role of an entry: "disabled", "auditor"."""
    different = [] if before.enabled == after.enabled else [words.state_of(after)]
    return different if before.role == after.role else [*different, words.ROLES[after.role]]


def differences(before: Entry, after: Entry) -> str:
    """The same, with its texts: "disabled, name: Ana → Anna"."""
    texts = [
        (name, safe_text(old), safe_text(new))
        for name, old, new in (
            ("name", before.full_name, after.full_name),
            ("description", before.description, after.description),
        )
        if old != new
    ]
    changed = [f"{name}: {old} → {new}" if old else f"{name}: {new}" for name, old, new in texts]
    if before.delivers_to != after.delivers_to:
        changed.append(f"delivers to {words.and_list([safe_address(each) for each in after.delivers_to], 3)}")
    return ", ".join([*in_force(before, after), *changed])
