"""Sentences about plans that are applied or marked, and about notices."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "changed-since-plan": "stays: {why}",
    "gone-since-plan": "is not there any more",
    "changed-since-stays": "stays: it was changed since",
    "has-another-address": "it has another address since the plan was made",
    "account-changed": "it was changed since the plan was made: see the log",
    "used-since-plan": "its last login is another one since the plan was made",
    "marked": "marked, due {due:day}",
    "marked-already": "is marked already by the policy {policy}, due {due:day}",
    "plan-of-another-store": "The plan is of another store, or of another state of this one.",
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
