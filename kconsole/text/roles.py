"""Roles in words: who works here, and what they may do."""

from collections.abc import Mapping
from typing import Final

from kconsole.core.roles import Authority
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.messages import sentence
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.sentences.roles import CAPABILITIES

BECAUSE: Final[Mapping[str, str]] = {
    "no-roles": "there is no roles file",
    "database": "the database knows your login",
    "root": "you are root",
    "owner": "you are the store's owner",
    "forced-command": "the forced command or sudo rule names you",
    "uid": "your uid is in the roles file",
    "sudo": "the uid of who called sudo is in the roles file",
}
"""How it is known who works here."""


def domains_words(authority: Authority) -> str:
    """The domains that an operator works in."""
    return ", ".join(safe_address(domain) for domain in sorted(authority.domains)) or "all"


def who_words(shown: str, authority: Authority, place: str = "") -> tuple[str, str]:
    """Who works here, for a header: with the role and its domains; and the same for little room.

    Args:
        shown: the operator, as the log shows them.
        authority: what they may do.
        place: where that is, which is said of those only who have no role.
    """
    if not authority.operator and authority.role == "full-admin":
        return safe_text(f"{shown}{place}"), ""
    who = safe_text(f"{authority.operator or shown} · {authority.role}")
    domains = sorted(authority.domains)
    of = safe_address(domains[0]) if len(domains) == 1 else words.count(len(domains), "domain") if domains else ""
    return " · ".join(filter(None, (who, of))), who


def authority_rows(authority: Authority, how: str, user: str) -> list[Detail]:
    """Who someone is, how that is known, and what they may do."""
    may = [words for capability, words in CAPABILITIES.items() if authority.may(capability)]  # type: ignore[arg-type]
    may_not = [words for words in CAPABILITIES.values() if words not in may]
    rows = [
        Detail("You are", safe_text(authority.operator or user)),
        Detail("Because", BECAUSE[how]),
        Detail("Role", authority.role),
        Detail("Domains", domains_words(authority)),
    ]
    if authority.account:
        rows.append(Detail("Account", safe_address(authority.account)))
    if authority.refused is not None:
        rows.append(Detail("But", safe_text(sentence(authority.refused))))
    rows.append(Detail("You may", ", ".join(["read the store", *may]) if may_not else "do everything"))
    if may_not:
        rows.append(Detail("You may not", ", ".join(may_not)))
    if authority.brake is not None:
        rows.append(Detail("At most", f"{authority.brake} accounts an hour; undoing your own changes does not count"))
    return rows
