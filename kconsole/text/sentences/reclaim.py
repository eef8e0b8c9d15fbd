"""Sentences about policies, plans that free seats, and notices."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template


def _unused(params: Mapping[str, Any]) -> str:
    return (
        "last login {days:count day} ago" if "last_login" in params else "never logged in, known for {days:count day}"
    )


def _beyond(params: Mapping[str, Any]) -> str:
    return f"{_unused(params)}, but beyond the limit of one run"


def _too_short(params: Mapping[str, Any]) -> str:
    if params["first_seen"] is None:
        return "never logged in, and it is not known how long it has been there"
    return "never logged in, known since {first_seen:day}: {days:,} of {needed:count day}"


def _disabled_lately(params: Mapping[str, Any]) -> str:
    if params["disabled_since"] is None:
        return "it is not known when it was disabled"
    return "disabled since {disabled_since:day}: {days:,} of {needed:count day}"


def _old_data(params: Mapping[str, Any]) -> str:
    return "its data was never read" if params["read_at"] is None else "its data was read {read_at:day}, too long ago"


def _enough(params: Mapping[str, Any]) -> str:
    return "seats are without limit" if params["free"] is None else "enough seats are free: {free:,}"


def _data_is_old(params: Mapping[str, Any]) -> str:
    if params["read_at"] is None:
        return "The data was never read."
    if params["ahead"]:
        return "The data is of {read_at:day}, which is in the future: a clock is wrong."
    return "The data is of {read_at:day}, and must not be older than {hours:count hour}."


def _login_unknown(params: Mapping[str, Any]) -> str:
    if params["why"] == "unread":
        return "it is not known if and when it logged in"
    return "its last login has an impossible time"


def _setting_number(params: Mapping[str, Any]) -> str:
    word = ", or {words:or}" if params["words"] else ""
    return f"{{key}}={{found}}: it must be a number from {{least:,}} to {{most:,}}{word}."


def _named(clause: str, name: str, unnamed: str) -> Template:
    return lambda params: clause if params[name] else unnamed


TEMPLATES: Final[Mapping[str, Template]] = {
    "outcome-do": _unused,
    "outcome-builtin": "the built-in administrator of the server",
    "outcome-not-an-account": "{what:a}",
    "outcome-outside-filter": "not selected by the filter of the policy",
    "outcome-disabled-already": "disabled already",
    "outcome-not-disabled": "enabled: only disabled accounts are deleted",
    "outcome-self": "your own account",
    "outcome-higher-role": "has a higher role than you",
    "outcome-protected": "protected as {pattern}",
    "outcome-keep-until": "kept until {until:day}",
    "outcome-admin": "administers the server",
    "outcome-forwards": _named("forwards mail to {addresses:some}", "addresses", "forwards mail to another domain"),
    "outcome-delivers-for-alias": _named("mail to {alias} is delivered to it", "alias", "an alias delivers to it"),
    "outcome-list-moderator": _named("moderates the list {address}", "address", "moderates a list"),
    "outcome-directory-mapped": "mapped from a directory, which would enable it again",
    "outcome-login-unknown": _login_unknown,
    "outcome-data-too-old": _old_data,
    "outcome-never-logged-in": "never logged in, and the policy keeps such accounts",
    "outcome-known-too-short": _too_short,
    "outcome-recent": "last login {days:count day} ago, less than {needed:,}",
    "outcome-disabled-lately": _disabled_lately,
    "outcome-grace": "marked, due {due:day}",
    "outcome-enough-freed": _enough,
    "outcome-brake": _beyond,
    "outcome-role": "your role does not allow it",
    "no-such-policy": "There is no policy '{name}', only {known:list}.",
    "see-policies": "'kconsole policy list' shows them.",
    "policy-filter": "The filter of the policy {name} cannot be read.",
    "policy-set": "set",
    "policy-unchanged": "is set so already",
    "policy-removed": "removed",
    "policy-is-shipped": "The policy {name} ships with kconsole: there is nothing to remove.",
    "set-it-first": "To change it, set it: 'kconsole policy set {name} KEY=VALUE'.",
    "policy-invalid": "The policy {name} cannot be set.",
    "see-policy-settings": "'kconsole policy set --help' explains the settings.",
    "policy-setting-unknown": "{key} is not a setting of a policy. The settings are {settings:commas}.",
    "policy-setting-number": _setting_number,
    "policy-setting-word": "{key}={found}: it must be {allowed:or}.",
    "policy-name-wrong": "'{found}' is not a valid name: use up to 64 letters, digits, dots, underscores and hyphens.",
    "policy-where-wrong": "The filter is too long.",
    "plan-refused": "There is no plan by the policy {name}, because the data says too little.",
    "sync-then-plan": Both(
        "Run 'kconsole sync', or import newer data, and plan again.", "Press {key_sync}, or import newer data."
    ),
    "domains-unread": "The accounts of {domains:some} were not read.",
    "data-is-old": _data_is_old,
    "logins-vanished": "The server no longer says when {lost:count account} logged in, of {had:,} that had logged in.",
    "free-not-known": "It is not known how many seats are free, and the policy stops at a number of them.",
    "not-a-plan": "The file is not a kconsole plan: {error}.",
    "plan-of-another-version": "The plan has version {schema}; this kconsole reads {known}.",
    "plan-was-edited": "The plan was changed after it was made.",
    "plan-again": Both("Make a new one with 'kconsole reclaim plan --out FILE'.", "Make a new plan."),
    "changed-since-plan": "stays: {why}",
    "gone-since-plan": "is not there any more",
    "changed-since-stays": "stays: it has changed since",
    "has-another-address": "its address has changed since the plan was made",
    "account-changed": "it has changed since the plan was made: see the log",
    "used-since-plan": "its last login has changed since the plan was made",
    "marked": "marked, due {due:day}",
    "marked-already": "already marked by the policy {policy}, due {due:day}",
    "plan-of-another-store": "The plan belongs to another store, or to another state of this one.",
    "plan-applied-already": "The plan was applied at line {line:,} of the log.",
    "plan-expired": "The plan was good until {at:day}: it is too old.",
    "plan-policy-changed": "The policy {name} was changed or removed since the plan was made.",
    "policy-without-grace": "The policy {name} has no grace period.",
    "apply-at-once": Both("Apply the plan at once with 'kconsole reclaim apply'.", "Apply it at once."),
    "another-number": "The plan has {number:count account}, not {given:,}.",
    "type-the-number": Both(
        "Look at it again; then '--confirm {number}' passes the brake.", "Look at it again; then type {number}."
    ),
    "template-names-unknown": "The template {file} names what no notice has: {unknown:commas}.",
    "template-may-name": "It may name {fields:list}; a single $ is written as $$.",
}
