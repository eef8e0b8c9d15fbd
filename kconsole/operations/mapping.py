"""Operations on the mapping of a domain: set its directory, forget it, map its users."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from kconsole.core.codes import message
from kconsole.core.directory import Directory
from kconsole.core.errors import ChangedMeanwhile, NotFound, Refused
from kconsole.core.identity import canonical_address, canonical_domain
from kconsole.core.records import Domain, Entry
from kconsole.core.reports import Decision, DomainReport
from kconsole.core.roles import Capability
from kconsole.directories.reading import ConnectionTest as ConnectionTest
from kconsole.directories.reading import DirectoryListing as DirectoryListing
from kconsole.directories.reading import check_settings as check_settings
from kconsole.directories.reading import probe as probe
from kconsole.directories.reading import read_directory as read_directory
from kconsole.directories.settings import parse_attribute as parse_attribute
from kconsole.licensing.map_plan import MapPlan as MapPlan
from kconsole.operations.base import OperationContext, Outcome, RunsOn, refused_by
from kconsole.operations.map_planning import named_domain
from kconsole.operations.map_planning import plan_mapping as plan_mapping
from kconsole.store.records import Records


@dataclass(frozen=True)
class SetDirectory:
    """Set the directory that a domain is mapped from. No password is part of it."""

    name: ClassVar[str] = "set directory"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "map"
    domain: str
    directory: Directory
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        domain = named_domain(context.visible, self.domain)
        check_settings(self.directory)
        if domain.directory == self.directory:
            return [Outcome(domain.name, "unchanged", "map-directory-same")]
        context.transaction.put_domain(replace(domain, directory=self.directory))
        code = "map-directory-set-insecure" if self.directory.insecure else "map-directory-set"
        return [Outcome(domain.name, "done", code, params={"url": self.directory.url})]


@dataclass(frozen=True)
class ForgetDirectory:
    """Forget the directory of a domain. Its accounts stay as they are."""

    name: ClassVar[str] = "forget directory"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "map"
    domain: str
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        domain = named_domain(context.visible, self.domain)
        if domain.directory is None:
            return [Outcome(domain.name, "unchanged", "map-no-directory")]
        context.transaction.put_domain(replace(domain, directory=None))
        return [Outcome(domain.name, "done", "map-directory-forgotten")]


@dataclass(frozen=True)
class MapDomain:
    """Map the users that a directory lists, as far as they can be mapped.

    It plans again on the current state, and refuses a plan that differs from the one that was shown.
    """

    name: ClassVar[str] = "map"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    capability: ClassVar[Capability] = "map"
    is_repeated: ClassVar[bool] = True
    """It runs every hour: where nothing changes, the log gets no line for users that were left out before."""
    domain: str
    listing: DirectoryListing
    over_limit: bool = False
    """Whether the mapping may exceed the license, or exceed it further."""
    disable_gone: bool = False
    """Whether to disable the accounts that the directory does not list any more."""
    confirmed_gone: int | None = None
    """The number of these accounts as the administrator typed it; required where they are many."""
    expected: MapPlan | None = None
    """The plan that the administrator was shown; None if there was no preview."""
    reason: str = ""

    def __repr__(self) -> str:
        return f"MapDomain({self.domain!r})"

    def apply(self, context: OperationContext) -> list[Outcome]:
        domain = named_domain(context.visible, self.domain).name
        plan = plan_mapping(domain, self.listing, context.state, context.seats)
        if self.expected is not None and not plan.is_no_more_than(self.expected, self.disable_gone):
            raise ChangedMeanwhile("changed-meanwhile", "nothing-mapped-look-again", (), addresses=[plan.domain])
        if (decision := exceeding(plan, self.disable_gone, self.over_limit)) is not None:
            raise refused_by(decision, "nothing-mapped")
        if self.disable_gone and plan.needs_typing and self.confirmed_gone != len(plan.gone):
            gone, mapped = len(plan.gone), plan.mapped
            raise Refused("many-gone", "check-base-and-filter", effect="nothing-mapped", gone=gone, mapped=mapped)
        outcomes = list(self._map(plan, context))
        is_changed = any(outcome.result == "done" for outcome in outcomes)
        if not is_changed and (plan.same or not outcomes):
            outcomes.insert(0, Outcome(plan.domain, "unchanged", "map-unchanged"))
        return outcomes

    def _map(self, plan: MapPlan, context: OperationContext) -> Iterator[Outcome]:
        for before, after in plan.puts:
            if before is None:
                stored = context.transaction.put_entry(after)
                yield Outcome(stored.address, "done", _code(None, stored))
                continue
            done = Outcome(after.address, "done", _code(before, after), params={"before": before.address})
            yield context.change(before, after, done)
        for entry in plan.gone if self.disable_gone else ():
            done = Outcome(entry.address, "done", "map-gone-disabled")
            yield context.change(entry, replace(entry, enabled=False), done)
        for user, reason in plan.collisions:
            yield Outcome(user.login, "refused", reason.code, params=reason.params)
        if unreadable := plan.left_out.total() - len(plan.collisions):
            yield Outcome(plan.domain, "refused", "map-unreadable", params={"number": unreadable})


def exceeding(plan: MapPlan, disable_gone: bool, over_limit: bool) -> Decision | None:
    """Why a plan is refused because of the license; None if it is not."""
    decision = plan.decision(disable_gone)
    if not decision.over or over_limit:
        return None
    return decision._replace(hints=(*decision.hints, message("over-limit-maps-them")))


def _code(before: Entry | None, after: Entry) -> str:
    if before is None:
        return "map-new" if after.enabled else "map-new-disabled"
    is_disabled = before.enabled and not after.enabled
    if canonical_address(before.address) != canonical_address(after.address):
        return "map-renamed-disabled" if is_disabled else "map-renamed"
    return "map-disabled" if is_disabled else "map-changed"


def directory_of(state: Records, name: str) -> Directory:
    """The directory that a domain is mapped from; raises NotFound if it has none."""
    domain = named_domain(state, name)
    if domain.directory is None:
        raise NotFound("directory-not-set", message("set-directory", domain=domain.name), domain=domain.name)
    return domain.directory


class MappedDomain(NamedTuple):
    """A domain, with its directory if it has one."""

    domain: Domain
    mapped: int
    """Its enabled mapped accounts, as `MapPlan.mapped` counts them."""


def mapped_domains(state: Records, reports: Iterable[DomainReport]) -> list[MappedDomain]:
    """All domains, in the order of the report."""
    mapped = Counter(
        canonical_domain(entry.domain)
        for entry in state.live_entries()
        if entry.origin == "directory" and entry.enabled and entry.is_account
    )
    found = (state.domain_named(report.name) for report in reports)
    return [MappedDomain(domain, mapped[canonical_domain(domain.name)]) for domain in found if domain is not None]
