"""Sentences about accounts, filters, domains and the store as a whole."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template


def _restart(params: Mapping[str, Any]) -> str:
    if not params["held"]:
        return "restart recorded, no seat was held"
    return f"restart recorded, {{held:count held seat|held seats}} {'is' if params['held'] == 1 else 'are'} free"


def _changed_meanwhile(params: Mapping[str, Any]) -> str:
    return f"{{addresses:some}} {'was' if len(params['addresses']) == 1 else 'were'} changed by another user just now."


def _not_saved(params: Mapping[str, Any]) -> str:
    return "{part}: no saved filter; there is " + ("{known:commas}" if params["known"] else "none yet")


def _tags(params: Mapping[str, Any]) -> str:
    return "tags: {tags:commas}" if params["tags"] else "no tags"


TEMPLATES: Final[Mapping[str, Template]] = {
    "disabled": Both("disabled, its seat is free", "disabled"),
    "disabled-already": "is disabled already",
    "enabled": Both("enabled, it takes a seat", "enabled"),
    "enabled-already": "is enabled already",
    "account-added": Both("added, it takes a seat", "added"),
    "mailbox-left": (
        "{addresses:some}: a deleted account of this address left its mailbox, which the server will attach to the new"
        " account; if it is another person's, delete or move it in the server's administration before the first login"
    ),
    "deleted": "deleted",
    "deleted-seat-held": Both("deleted, its seat is held until the server is restarted", "deleted"),
    "mapped-disabled": Both("disabled, its seat is free; it stays in the directory", "disabled"),
    "mapped-disabled-already": "is mapped from a directory and disabled already",
    "nothing-deleted": "Nothing was deleted.",
    "not-in-store": "not found in this store",
    "address-not-in-store": "{address} is not in this store.",
    "did-you-mean": "Did you mean {addresses:or}?",
    "login-ambiguous": "The login {login} is ambiguous: {number:count entry} have it, as {addresses:commas}.",
    "give-the-address": "Give the whole address.",
    "tagged": _tags,
    "tags-unchanged": _tags,
    "not-a-tag": "'{tag}' is not a tag.",
    "tag-letters": "A tag is one word of at most {longest} letters and digits, with - _ . inside.",
    "too-many-tags": "an entry has at most {most} tags",
    "remove-a-tag": Both("Remove one with 'kconsole tag --remove'.", "Remove one first."),
    "look-it-up": Both("Look it up with 'kconsole accounts'.", "Look it up in the list of accounts."),
    "not-an-address": "'{address}' is not an address.",
    "write-an-address": "Write it as login@domain.",
    "not-a-login": "'{login}' cannot be a login.",
    "login-characters": "Use letters, digits and . _ + ' - (at most 64, the first one a letter or digit).",
    "address-taken": "The address {address} is taken by {what:a}.",
    "choose-another-address": "Choose another address.",
    "no-such-domain": "There is no domain {domain} in this store.",
    "see-domains": Both("See them with 'kconsole domains'.", "See them in the list of domains."),
    "add-the-domain": Both(
        "Add it with 'kconsole domains add', or check the spelling.", "Add it first, or check the spelling."
    ),
    "add-the-domain-there": Both(
        "Check the spelling; or add the domain in the server's administration, then run 'kconsole sync'.",
        "Check the spelling; or add the domain in the server's administration, then press {key_sync}.",
    ),
    "no-account-for-mailbox": "There is no account {address} to transfer the mailbox to.",
    "mailbox-to-deleted": "{address} is being deleted too, so it cannot take over a mailbox.",
    "mailbox-to-no-account": "{address} is {what:a}: it cannot take over a mailbox.",
    "mailbox-to-disabled": "{address} is disabled: no one could read the mail that it takes over.",
    "name-an-enabled-account": "Name an enabled account.",
    "not-a-domain-name": "'{name}' is not a domain name: {why}.",
    "domain-empty-name": "it is empty",
    "domain-one-label": "it has one part only",
    "domain-too-long": "it is longer than {longest} characters in its ASCII form",
    "label-empty": "a part between two dots is empty",
    "label-too-long": "the part '{label}' is longer than {longest} characters",
    "label-sign": "the part '{label}' has a sign other than letters, digits and hyphens",
    "label-hyphen": "the part '{label}' begins or ends with a sign",
    "label-not-idna": "the part '{label}' is not allowed in international domain names ({reason})",
    "write-a-domain-name": "Write it like example.com or mail.example.com.",
    "domain-added": "added",
    "domain-exists": "The domain {domain} exists already.",
    "primary-exists": "{domain} is the primary domain already.",
    "add-it-without-primary": Both("Add the new one without --primary.", "Add the new one as not primary."),
    "restart-recorded": _restart,
    "dump-restored": "restored {entries:count entry} in {domains:count domain}",
    "changed-meanwhile": _changed_meanwhile,
    "look-again": "Nothing was done. Look at it again.",
    "filter-too-long": "a filter has at most {most:,} characters",
    "filter-is": "'{part}' is not valid: after 'is:' stands one of {states:list}",
    "filter-role": "'{part}' is not valid: after 'role:' stands one of {roles:list}",
    "filter-tag": "'{part}' is not valid: tag: takes the name of a tag",
    "filter-seen": "'{part}' is not valid: write it like seen:>180d or seen:<2025-01-01",
    "filter-tag-unused": "no account has the tag '{tag}'",
    "filter-or-ends": "'or': nothing stands after it",
    "filter-unclosed": "'{part}' is not closed",
    "filter-empty-group": "'{part}': nothing stands in the brackets",
    "filter-nested-deep": "more than {most} brackets inside each other",
    "filter-not-saved": _not_saved,
    "filter-names-another": "{part}: a saved filter cannot name another",
    "filter-has-problem": "{part}: {problem}",
    "age-unreadable": "is not an age",
    "age-zero": "is zero",
    "age-too-long": "is longer than a thousand years",
}
