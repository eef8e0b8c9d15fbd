"""Compares the server's domains with a store's.

The server knows a domain by a lasting id, a store by a number. Names may change hands between two readings, so a record
is never looked up by a name that another one has by now.
"""

from dataclasses import dataclass, field

from msgspec.structs import replace

from kconsole.core.errors import Refused
from kconsole.core.identity import canonical_domain
from kconsole.core.records import Domain
from kconsole.providers.base import ServerState
from kconsole.store.records import Records


@dataclass
class DomainPlan:
    """What the server's domains mean for a store.

    Raises Refused if a name is another domain's now, and the login does not see what became of the one that had it.
    """

    state: Records
    server: ServerState
    new: list[Domain] = field(default_factory=list)
    changed: list[tuple[int, Domain]] = field(default_factory=list)
    """By the numbers of their records, as they are now."""
    gone: list[Domain] = field(default_factory=list)
    """Domains that were read once, and are no longer on the server. Their records stay."""
    replaced: dict[int, Domain] = field(default_factory=dict)
    """By number, records that are removed, because another domain has the name now."""
    moves: dict[str, str] = field(default_factory=dict)
    """The new names of renamed domains, by their old folded names."""
    left: set[str] = field(default_factory=set)
    """The folded names of replaced domains that are no longer on the server: their entries are gone with them."""

    def __post_init__(self) -> None:
        known = dict(self.state.domains)
        self._ids = {each.domain.server_id for each in self.server.domains}
        said = {canonical_domain(each.domain.name): each.domain for each in self.server.domains}
        numbers = self._numbers_of(said, known)
        rest = {number: domain for number, domain in known.items() if number not in numbers.values()}
        for number, domain in rest.items():
            self._sort_rest(number, domain, said.get(canonical_domain(domain.name)))
        directories = {
            canonical_domain(each.name): each.directory for each in self.replaced.values() if not each.server_id
        }
        for name, each in said.items():
            number = numbers.get(name, 0)
            before = known.get(number, each)
            after = replace(each, directory=before.directory or directories.get(name))  # which the store alone knows
            if not number:
                self.new.append(after)
            elif after != before:
                self.changed.append((number, after))
            if canonical_domain(before.name) != name:
                self.moves[canonical_domain(before.name)] = after.name
        if self.server.has_all_domains and any(each.primary for each in said.values()):
            others = [number for number, domain in rest.items() if domain.primary and number not in self.replaced]
            self.changed += [(number, replace(rest[number], primary=False)) for number in others]

    def _numbers_of(self, said: dict[str, Domain], known: dict[int, Domain]) -> dict[str, int]:
        """The numbers of the domains' records, by folded name; new domains have none.

        A record with a domain's name is that domain's, unless the server has another name for it now.
        """
        exact = {(canonical_domain(domain.name), domain.server_id): number for number, domain in known.items()}
        by_id = {domain.server_id: number for number, domain in known.items() if domain.server_id}
        free = {
            canonical_domain(domain.name): number
            for number, domain in known.items()
            if domain.server_id not in self._ids
        }
        numbers = {}
        for name, each in said.items():
            number = exact.get((name, each.server_id)) or by_id.get(each.server_id)
            if number is None and (number := free.get(name)) is not None and known[number].server_id:
                self._check_shown(each)
            if number is not None:
                numbers[name] = number
        return numbers

    def _sort_rest(self, number: int, domain: Domain, namesake: Domain | None) -> None:
        """Sort a record that matches no domain on the server; `namesake` is the domain that has its name there."""
        is_there = domain.server_id in self._ids  # another record has the id
        is_gone = bool(domain.server_id) and not is_there
        if namesake is None and not is_there:
            if is_gone and self.server.has_all_domains:
                self.gone.append(domain)
            return
        if namesake is not None and is_gone:
            self._check_shown(namesake)
            self.left.add(canonical_domain(domain.name))
        self.replaced[number] = domain

    def _check_shown(self, said: Domain) -> None:
        if not self.server.has_all_domains:
            raise Refused("domain-name-moved", "log-in-as-auditor", effect="nothing-taken", name=said.name)
