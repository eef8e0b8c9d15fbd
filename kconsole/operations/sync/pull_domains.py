"""The domains that the server says there are, sorted into what that means for a store.

The server knows a domain by a lasting id, a store by a number: names may change hands between two readings, and no
record is ever looked for by a name that another one has by now.
"""

from dataclasses import dataclass, field

from msgspec.structs import replace

from kconsole.core.codes import short
from kconsole.core.errors import Refused
from kconsole.core.records import Domain, fold
from kconsole.providers.kerio.records import ServerDomain
from kconsole.providers.kerio.snapshot import ServerSnapshot
from kconsole.store.records import Records


@dataclass
class DomainPlan:
    """What the server says of its domains, sorted into what it means for a store.

    Raises:
        Refused: a name is another domain's now, and the login is not shown what became of the one that had it.
    """

    state: Records
    snapshot: ServerSnapshot
    new: list[Domain] = field(default_factory=list)
    changed: list[tuple[int, Domain]] = field(default_factory=list)
    """By the numbers of their records, as they are now."""
    gone: list[Domain] = field(default_factory=list)
    """Domains that were read from the server once, and are not there any more. Their records stay."""
    replaced: dict[int, Domain] = field(default_factory=dict)
    """By number, records that go, since another domain has the name now."""
    moves: dict[str, str] = field(default_factory=dict)
    """By their folded names until now, the names of domains that have another one."""
    left: set[str] = field(default_factory=set)
    """The folded names of what is replaced and not on the server any more: who was read there is gone with it."""

    def __post_init__(self) -> None:
        known = dict(self.state.domains)
        self._ids = {contents.domain.id for contents in self.snapshot.domains}
        said = {fold(contents.domain.name): contents.domain for contents in self.snapshot.domains}
        numbers = self._numbers_of(said, known)
        rest = {number: domain for number, domain in known.items() if number not in numbers.values()}
        for number, domain in rest.items():
            self._sort_rest(number, domain, said.get(fold(domain.name)))
        directories = {fold(each.name): each.directory for each in self.replaced.values() if not each.server_id}
        for name, each in said.items():
            number = numbers.get(name, 0)
            before = known.get(number, Domain(name=each.name))
            after = replace(
                before,
                name=each.name,
                primary=each.primary,
                description=each.description,
                user_limit=each.user_limit,
                directory=before.directory or directories.get(name),
                server_id=each.id,
            )
            if not number:
                self.new.append(after)
            elif after != before:
                self.changed.append((number, after))
            if fold(before.name) != name:
                self.moves[fold(before.name)] = after.name
        if self.snapshot.has_all_domains and any(each.primary for each in said.values()):
            self.changed += [
                (number, replace(domain, primary=False))
                for number, domain in rest.items()
                if domain.primary and number not in self.replaced
            ]

    def _numbers_of(self, said: dict[str, ServerDomain], known: dict[int, Domain]) -> dict[str, int]:
        """The numbers of the records that domains have, by their folded names; of new ones there is none.

        A record of a domain's name is its own, unless the server has another name for that one now.
        """
        exact = {(fold(domain.name), domain.server_id): number for number, domain in known.items()}
        by_id = {domain.server_id: number for number, domain in known.items() if domain.server_id}
        free = {fold(domain.name): number for number, domain in known.items() if domain.server_id not in self._ids}
        numbers = {}
        for name, each in said.items():
            number = exact.get((name, each.id)) or by_id.get(each.id)
            if number is None and (number := free.get(name)) is not None and known[number].server_id:
                self._check_shown(each)
            if number is not None:
                numbers[name] = number
        return numbers

    def _sort_rest(self, number: int, domain: Domain, namesake: ServerDomain | None) -> None:
        """Sort a record that nothing on the server has; `namesake` is what has its name there."""
        is_there = domain.server_id in self._ids  # by another record: of one id there is one
        is_gone = bool(domain.server_id) and not is_there
        if namesake is None and not is_there:
            if is_gone and self.snapshot.has_all_domains:
                self.gone.append(domain)
            return
        if namesake is not None and is_gone:
            self._check_shown(namesake)
            self.left.add(fold(domain.name))
        self.replaced[number] = domain

    def _check_shown(self, said: ServerDomain) -> None:
        """Go on only if a domain that is not among those that were read is not on the server."""
        if not self.snapshot.has_all_domains:
            raise Refused(
                f"The name {short(said.name)} is another domain's on the server now, and who logs in is not shown what"
                " became of the one that had it.",
                "Read the server once as somebody who is shown all domains: an Auditor is.",
                effect="Nothing was taken.",
            )
