"""The seat rules of a product that counts differently from Kerio Connect, to prove that a policy is only data.

A suspended account frees its seat at once, shared mailboxes take none, a deletion needs no restart, and the first
administrator is an ordinary account. No domain has a limit, mapping stops at the license, and login never does.
"""

from datetime import timedelta
from math import inf

from kconsole.core.reports import Classification
from kconsole.licensing.policy import LicensePolicy, Rule

MANUAL = "the manual of the other product"

OTHER = LicensePolicy(
    name="the other product",
    rules=(
        Rule(Classification("group", False, "group", MANUAL), kind="mailing_list"),
        Rule(Classification("shared-mailbox", False, "shared", MANUAL), kind="resource"),
        Rule(Classification("alias", False, "alias", MANUAL), kind="alias"),
        Rule(Classification("suspended", False, "suspended", MANUAL), enabled=False),
        Rule(Classification("user", True, "user", MANUAL)),
    ),
    counted_kinds=frozenset({"user", "builtin_admin"}),
    has_builtin_admin=False,
    held=None,
    creation_limits=frozenset({"license"}),
    mapping_may_exceed=False,
    login_is_limited=False,
    low_seats=(),
    low_percent=((inf, 10),),
    trial=timedelta(days=14),
    expiry_suspends=False,
    grace=timedelta(),
    grace_ended=None,
    update_due=timedelta(hours=1),
    warning_days=(7,),
    sources=dict.fromkeys(
        (
            "counted_kinds", "has_builtin_admin", "held", "creation_limits", "mapping_may_exceed", "login_is_limited",
            "low_seats", "low_percent", "lifecycle", "trial", "expiry_suspends", "grace", "grace_ended", "update_due",
            "warning_days",
        ),
        MANUAL,
    ),
)  # fmt: skip
