"""Frees seats by a plan: which accounts a policy would disable, which stay and why, and to apply it."""

from collections.abc import Iterable, Sequence

from kconsole.core.decisions import Policy
from kconsole.licensing.outcomes import Judgement, Judgements
from kconsole.operations.reclaim.applying import applying
from kconsole.operations.reclaim.judging import judge
from kconsole.operations.reclaim.planning import plan_of
from kconsole.operations.reclaim.policies import policies_of
from kconsole.operations.what_if import if_toggled
from kconsole.plain.changes import Changes, Question
from kconsole.plain.pages import Pages
from kconsole.plain.terminal import Back
from kconsole.text import reclaim as texts
from kconsole.text import words
from kconsole.text.gauge import change_words
from kconsole.text.messages import sentence
from kconsole.text.questions import NOTHING_PLANNED, change_question
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.text.screen import named
from kconsole.text.spoken import numbers_in

HELP = (
    "A number explains that account.",
    "x and numbers, as x 1,3-5, leaves these out of the plan, or takes them in again.",
    "r: why the others stay, by reason. e: also what is beyond the limit of one run, or not.",
    "a: apply the plan, after its number was typed.",
)


class PlanView:
    """The plan of one policy."""

    def __init__(self, changes: Changes) -> None:
        self._changes, self._session, self._terminal = changes, changes.session, changes.terminal

    def choose_policy(self) -> None:
        """Ask for the policy, if there are several, and show its plan."""
        policies = policies_of(self._session.state)
        if len(policies) == 1:
            self._show(policies[0])
            return
        lines = [f"Policy {number}: {texts.policy_line(each)}." for number, each in enumerate(policies, 1)]

        def chosen(numbers: Sequence[int]) -> None:
            self._show(policies[numbers[0] - 1])

        pages = Pages(self._terminal, "Policies", len(lines), lambda first, last: lines[first:last])
        pages.run(
            "Number of a policy:", ["A number shows the plan of that policy. Nothing is changed yet."], chosen, one=True
        )

    def _show(self, policy: Policy) -> None:
        self._changes.say("Reading the log.")
        found = judge(self._session, policy)
        self._changes.say(f"Policy {texts.policy_line(policy)}.")
        if found.objections:
            self._changes.say(*(f"No plan: {sentence(each, self._changes.voice)}" for each in found.objections))
            return
        _Plan(self._changes, found).run()


class _Plan:
    def __init__(self, changes: Changes, found: Judgements) -> None:
        self._changes, self._session, self._found = changes, changes.session, found
        self._left_out: set[int] = set()
        self._passes_brake = False

    @property
    def _candidates(self) -> Sequence[Judgement]:
        return [*self._found.to_do, *(self._found.coded("brake") if self._passes_brake else ())]

    @property
    def _taken(self) -> list[Judgement]:
        return [each for each in self._candidates if each.entry.id not in self._left_out]

    def run(self) -> None:
        """Go through the accounts of the plan until it is applied, or the user goes back."""
        while self._run():
            pass

    def _run(self) -> bool:
        """Go through them; whether the list is to be made again."""
        candidates, is_again = self._candidates, False
        step = self._found.policy.step
        for heading in texts.plan_headings(step, len(self._taken), len(self._found.judged) - len(self._taken)):
            self._changes.say(f"{heading[0].upper()}{heading[1:]}.")
        self._changes.say(self._seats())
        if unknown := texts.unknown_words(self._found):
            self._changes.say(unknown)
        if not candidates:
            self._changes.say(NOTHING_PLANNED)

        def lines(first: int, last: int) -> Iterable[str]:
            for number, each in enumerate(candidates[first:last], first + 1):
                out = ", left out" if each.entry.id in self._left_out else ""
                name = f", {safe_text(each.entry.full_name, 200)}" if each.entry.full_name else ""
                who, what = f"{safe_address(each.entry.address)}{name}", texts.verdict(each, step)
                yield f"Account {number:,} of {len(candidates):,}{out}: {who}: {what}"

        def chosen(numbers: Sequence[int]) -> None:
            for number in numbers:
                each = candidates[number - 1]
                self._changes.say(f"{safe_address(each.entry.address)}: {texts.verdict(each, step)}")

        def letter(answer: str) -> bool:
            nonlocal is_again
            if answer.startswith("x"):
                self._leave_out(answer[1:].strip(), candidates)
            elif answer == "r":
                self._reasons()
            elif answer == "e":
                self._passes_brake = not self._passes_brake
                is_again = True
                raise Back
            elif answer == "a":
                if self._apply():
                    raise Back
            else:
                return False
            return True

        pages = Pages(self._changes.terminal, "Accounts of the plan", len(candidates), lines)
        pages.run("A number, x to leave out, r, e, a to apply, n, b or ?:", HELP, chosen, letter)
        return is_again

    def _seats(self) -> str:
        """The seats before and after the plan, as it is now."""
        accounts = [each.entry for each in self._taken if each.entry.enabled]
        report = self._session.seats.report()
        return change_words(report, if_toggled(self._session.seats, accounts) if accounts else report)

    def _leave_out(self, text: str, candidates: Sequence[Judgement]) -> None:
        found = numbers_in(text, len(candidates))
        if isinstance(found, str):
            self._changes.say(found)
            return
        self._left_out ^= {candidates[number - 1].entry.id for number in found}
        self._changes.say(f"{words.count(len(self._taken), 'account')} in the plan, {len(self._left_out):,} left out.")

    def _reasons(self) -> None:
        """Say why accounts stay, and on demand which ones."""
        counts = [(code, number) for code, number in self._found.counts.items() if code != "do"]
        lines = [
            f"Reason {place}: {number:,}, {texts.REASONS[code]}." for place, (code, number) in enumerate(counts, 1)
        ]

        def chosen(numbers: Sequence[int]) -> None:
            some = self._found.coded(counts[numbers[0] - 1][0])

            def accounts(first: int, last: int) -> Iterable[str]:
                step = self._found.policy.step
                for place, each in enumerate(some[first:last], first + 1):
                    address = safe_address(each.entry.address)
                    yield f"Account {place:,} of {len(some):,}: {address}: {texts.verdict(each, step)}"

            Pages(self._changes.terminal, "Accounts", len(some), accounts).run("n, p or b:", ["n: the next page."])

        pages = Pages(self._changes.terminal, "Reasons", len(lines), lambda first, last: lines[first:last])
        pages.run("Number of a reason, n or b:", ["A number lists the accounts that stay for it."], chosen, one=True)

    def _apply(self) -> bool:
        """Ask for the number of accounts, and apply the plan; whether it was applied."""
        found, taken, step = self._found, self._taken, self._found.policy.step
        if not taken:
            self._changes.say(NOTHING_PLANNED)
            return False
        if not self._changes.check_runs("reclaim"):
            return False
        notes = [self._seats()]
        notes += [words.BACKUP_NOTE] if step == "disable" else []
        notes += self._changes.where_it_is_done(step, step == "delete")
        entries = [each.entry for each in taken]
        text = change_question(step, entries, found.policy.name)
        reason = self._changes.confirm(Question(text, named(entries), step, notes, len(taken), "accounts"))
        if reason is None:
            return False
        numbers = {each.entry.id for each in taken}
        judged = [each for each in found.judged if each.entry.id in numbers or each.code not in ("do", "brake")]
        confirmed = len(taken) if any(each.code == "brake" for each in taken) else None
        plan = plan_of(self._session, found._replace(judged=judged))
        self._changes.change(applying(self._session, plan, confirmed, reason))
        return True
