"""Policies, and plans that free seats, in words."""

from typing import Final

from kconsole.core.decisions import Policy, Step
from kconsole.licensing.outcomes import DISABLED_DAYS, Code, Judgement, Judgements
from kconsole.text import words
from kconsole.text.details import Detail
from kconsole.text.messages import words_of
from kconsole.text.safe_text import safe_text

POLICY_COLUMNS: Final = ("POLICY", "INACTIVE", "NEVER", "GRACE", "STEP", "MOST", "WHERE")

REASONS: Final[dict[Code, str]] = {
    "builtin": "built-in administrator",
    "not-an-account": "take no seat: lists, resources, aliases",
    "outside-filter": "not selected by the filter of the policy",
    "disabled-already": "disabled already",
    "not-disabled": "not disabled",
    "self": "your own account",
    "higher-role": "have a higher role than you",
    "protected": "protected",
    "keep-until": "kept until a day",
    "admin": "administer the server",
    "forwards": "forward mail",
    "delivers-for-alias": "get the mail of an alias",
    "list-moderator": "moderate a list",
    "directory-mapped": "mapped from a directory",
    "login-unknown": "login not known",
    "data-too-old": "data not read, or too old",
    "never-logged-in": "never logged in, and the policy keeps such accounts",
    "known-too-short": "never logged in, not known for long enough",
    "recent": "logged in lately",
    "disabled-lately": "not disabled for long enough",
    "grace": "marked, not due yet",
    "enough-freed": "enough seats are free without",
    "brake": "beyond the limit of one run",
    "role": "not allowed to your role",
}
"""Why accounts stay, for their numbers."""

_DONE: Final[dict[Step, str]] = {"disable": "disabled", "delete": "deleted"}


def policy_cells(policy: Policy) -> list[str]:
    """A policy as cells of `POLICY_COLUMNS`."""
    never = "kept" if policy.never is None else f"{policy.never:,} d"
    most = f"{policy.brake_accounts:,}, {policy.brake_percent} %"
    where = safe_text(policy.where, None) or "all"
    return [safe_text(policy.name), f"{policy.inactive:,} d", never, f"{policy.grace:,} d", policy.step, most, where]


def policy_words(policy: Policy) -> str:
    """A policy in one line."""
    never = "keeps" if policy.never is None else f"after {words.count(policy.never, 'day')}"
    stop = "" if policy.stop_when_free is None else f", stops at {policy.stop_when_free:,} free"
    where = f", where {safe_text(policy.where, None)}" if policy.where else ""
    most = f"{policy.brake_accounts:,} or {policy.brake_percent} %"
    return (
        f"{policy.step} after {words.count(policy.inactive, 'day')}, never logged in: {never},"
        f" grace {words.count(policy.grace, 'day')}, at most {most}, data of {policy.max_data_age:,} h{stop}{where}"
    )


def policy_details(policy: Policy, is_stored: bool) -> list[Detail]:
    """All settings of a policy."""
    never = "kept" if policy.never is None else f"after {words.count(policy.never, 'day')} in the log"
    stop = (
        "no"
        if policy.stop_when_free is None
        else f"when {words.count(policy.stop_when_free, 'seat')} {words.are(policy.stop_when_free)} free"
    )
    step = policy.step if policy.step == "disable" else f"delete what is disabled for {DISABLED_DAYS} days"
    most = f"{words.count(policy.brake_accounts, 'account')}, {policy.brake_percent} % of all at most"
    rows = {
        "Policy": safe_text(policy.name) if is_stored else f"{policy.name}, as it ships",
        "Where": safe_text(policy.where, None) or "all accounts",
        "Inactive": f"after {words.count(policy.inactive, 'day')} without a login",
        "Never logged in": never,
        "Step": step,
        "Grace": f"{words.count(policy.grace, 'day')} after the mark",
        "Stop": stop,
        "Most of one run": most,
        "Data": f"at most {words.count(policy.max_data_age, 'hour')} old",
    }
    return [Detail(label, text) for label, text in rows.items()]


_UNKNOWN: Final[dict[Code, str]] = {
    "forwards": "which accounts forward their mail",
    "list-moderator": "who moderates mailing lists",
}


def unknown_words(found: Judgements) -> str:
    """What is not known of any account; empty if there is nothing."""
    what = [_UNKNOWN[code] for code in found.unknown]
    return f"It is not known {words.and_list(what)}." if what else ""


def plan_headings(step: Step, done: int, stay: int) -> tuple[str, str]:
    """What would be done to how many, and how many stay: "would be disabled (16)", "stay (97), by reason"."""
    return f"would be {_DONE[step]} ({done:,})", f"stay ({stay:,}), by reason"


def policy_line(policy: Policy) -> str:
    """A policy in a line: "idle · no login for 180 days, or none ever in 60"."""
    never = "" if policy.never is None else f", or none ever in {policy.never:,}"
    where = [safe_text(policy.where)] if policy.where else []
    return " · ".join((safe_text(policy.name), *where, f"no login for {words.count(policy.inactive, 'day')}{never}"))


def reason_counts(found: Judgements) -> list[tuple[str, int]]:
    """Why accounts stay, and how many for each reason."""
    return [(REASONS[code], number) for code, number in found.counts.items() if code != "do"]


def totals(found: Judgements) -> str:
    """The seats before and after: "Seats used: 113 → 97 of 120."."""
    after = words.of_limit(found.used_after, found.limit)
    return f"Seats used: {found.used:,} → {after}."


def verdict(judgement: Judgement, step: Step) -> str:
    """What a policy says of an account, as a sentence about it. Text from outside may be in it."""
    what = f"would be {_DONE[step]}" if judgement.code == "do" else f"stays ({judgement.code})"
    return f"{what}: {words_of(judgement.message)}"
