"""Makes the samples, and inventories of any size.

Everything follows from a seed. Of `random.Random` only `random()` is used, the one method whose numbers Python
promises to keep from version to version, and only whole numbers are made of them, so that the shipped files are the
same wherever they are made.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from kconsole.core.decisions import Keep, Mark, Policy, Protection, Reservation
from kconsole.core.directory import Directory
from kconsole.core.encoding import compact_entry, inventory_document
from kconsole.core.license import Component, Customer, License, PendingUpdate
from kconsole.core.records import Domain, Entry, Inventory, LastLogin, Origin, Role, fold
from tests.samples.names import ALIASES, FAMILY, GIVEN, LISTS, NON_LATIN, ODD, PROTOCOLS, RESOURCES, TEAMS

T = TypeVar("T")

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_YEAR: Final = 365 * _DAY

_ACTIVE: Final = (
    (2, _HOUR),
    (_HOUR, 8 * _HOUR),
    (8 * _HOUR, _DAY),
    (_DAY, 3 * _DAY),
    (3 * _DAY, 14 * _DAY),
    (14 * _DAY, 60 * _DAY),
    (60 * _DAY, 200 * _DAY),
    (200 * _DAY, 3 * _YEAR),
)
"""(from, to) minutes ago: when someone who has an account logs in for the last time, one band as often as another."""

_LEFT: Final = ((150 * _DAY, _YEAR), (_YEAR, 3 * _YEAR), (3 * _YEAR, 6 * _YEAR))
"""The same of someone who left the company."""

_PLAIN: Final = str.maketrans("łŁøØđĐıß", "lLoOdDis")


class _Crew(NamedTuple):
    """How many accounts a domain has in the end, those written by hand among them, and where they come from."""

    connected: int
    latent: int
    disabled: int
    origins: tuple[Origin, ...]


class _Maker:
    """Adds entries one after the other, each with an address of its own."""

    def __init__(self, seed: int, as_of: datetime) -> None:
        self._random = Random(seed).random
        self._as_of = as_of
        self._addresses: set[str] = set()
        self._times_given: Counter[str] = Counter()
        self.entries: list[Entry] = []

    def below(self, number: int) -> int:
        return int(self._random() * number)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def ago(self, minutes: int) -> datetime:
        return self._as_of - timedelta(minutes=minutes)

    def day(self, ahead: int) -> date:
        """The day that is so many days ahead."""
        return (self._as_of + timedelta(days=ahead)).date()

    def login_within(self, bands: Sequence[tuple[int, int]]) -> LastLogin:
        least, most = self.one_of(bands)
        moment = self.ago(least + self.below(most - least)) - timedelta(seconds=self.below(60))
        return LastLogin(moment, self.one_of(PROTOCOLS))

    def add(self, entry: Entry) -> Entry:
        self._addresses.add(fold(entry.address))
        self.entries.append(entry)
        return entry

    def account(
        self,
        address: str,
        full_name: str,
        description: str = "",
        *,
        days: float | None = None,
        by: str = "IMAP",
        origin: Origin = "local",
        role: Role = "user",
        enabled: bool = True,
        mailbox: bool = False,
    ) -> Entry:
        """An account written by hand. It last logged in so many days ago, and has a mailbox then, or never."""
        login = None if days is None else LastLogin(self.ago(round(days * _DAY)), by)
        return self.add(
            Entry(
                address=address,
                origin=origin,
                enabled=enabled,
                role=role,
                full_name=full_name,
                description=description,
                mailbox=mailbox or login is not None,
                last_login=login,
            )
        )

    def someone(self, domain: str, origin: Origin, *, enabled: bool, connected: bool, odd: int = 0) -> Entry:
        """An account of a made-up person; `odd` of a thousand have a name that a careless screen trips over."""
        if odd and self.below(1000) < odd:
            login, full_name = self.one_of((*NON_LATIN, *ODD))
        else:
            given, family = self.one_of(GIVEN), self.one_of(FAMILY)
            login, full_name = f"{_plain(given)[0]}.{_plain(family)}", f"{given} {family}"
        bands = _ACTIVE if enabled else _LEFT
        return self.add(
            Entry(
                address=self._free_address(login, domain),
                origin=origin,
                enabled=enabled,
                full_name=full_name,
                description=self.one_of(TEAMS),
                mailbox=connected,
                last_login=self.login_within(bands) if connected else None,
            )
        )

    def fill(self, domain: str, crew: _Crew) -> None:
        """Add made-up people until the domain has its crew."""
        there = Counter(
            (entry.enabled, entry.enabled and entry.mailbox)
            for entry in self.entries
            if entry.is_account and entry.domain == domain and entry.deleted_at is None
        )
        for _ in range(crew.connected - there[True, True]):
            self.someone(domain, self.one_of(crew.origins), enabled=True, connected=True)
        for _ in range(crew.latent - there[True, False]):
            self.someone(domain, self.one_of(crew.origins), enabled=True, connected=False)
        for _ in range(crew.disabled - there[False, False]):
            self.someone(domain, self.one_of(crew.origins), enabled=False, connected=self.below(6) > 0)

    def deleted(self, domain: str, minutes: int, heir: Entry | None = None) -> Entry:
        """An account that was deleted so many minutes ago; its mailbox went to the heir, was kept or deleted."""
        gone = self.someone(domain, self.one_of(("local", "imported")), enabled=True, connected=False)
        self.entries[-1] = replace(
            gone,
            mailbox=True,
            last_login=LastLogin(self.ago(minutes + _DAY + self.below(90 * _DAY)), "IMAP"),
            deleted_at=self.ago(minutes),
            mailbox_fate=self.one_of(("keep", "delete")) if heir is None else "transfer",
            transferred_to="" if heir is None else heir.address,
        )
        return self.entries[-1]

    def builtin_admin(self) -> None:
        self.add(
            Entry(
                address="Admin",
                kind="builtin_admin",
                role="full_admin",
                full_name="Built-in administrator",
            )
        )

    def lists(self, domain: str, number: int) -> None:
        for place in range(number):
            login, name = LISTS[place % len(LISTS)]
            self.add(Entry(address=self._free_address(login, domain), kind="mailing_list", full_name=name))

    def resources(self, domain: str, number: int) -> None:
        for place in range(number):
            login, name, description = RESOURCES[place % len(RESOURCES)]
            address = self._free_address(login, domain)
            self.add(Entry(address=address, kind="resource", full_name=name, description=description))

    def aliases(self, domain: str, number: int, targets: Sequence[Entry]) -> None:
        """Aliases of accounts among the targets; every third one delivers to two of them, if there are two."""
        for place in range(number):
            ends = {self.one_of(targets).address for _ in range(2 if place % 3 == 2 else 1)}
            address = self._free_address(ALIASES[place % len(ALIASES)], domain)
            self.add(Entry(address=address, kind="alias", delivers_to=tuple(sorted(ends))))

    def inventory(self, *, license_: License, restarted: int, domains: tuple[Domain, ...]) -> Inventory:
        """All entries by address, the server restarted so many minutes ago."""
        return Inventory(
            license=license_,
            last_restart=self.ago(restarted),
            domains=domains,
            entries=tuple(sorted(self.entries, key=lambda entry: fold(entry.address))),
        )

    def _free_address(self, login: str, domain: str) -> str:
        base = f"{login}@{domain}"
        while True:
            self._times_given[base] += 1
            times = self._times_given[base]
            address = base if times == 1 else f"{login}{times}@{domain}"
            if fold(address) not in self._addresses:
                return address


def _office(as_of: datetime) -> Inventory:
    """A company that has nearly used up its license."""
    maker = _Maker(20260302, as_of)
    main, retail, labs, books = (
        Domain(name="northwind.example", primary=True, description="Head office"),
        Domain(name="retail.northwind.example", description="Shops", user_limit=40),
        Domain(name="labs.example", description="Research"),
        Domain(name="xn--bcher-kva.example", description="Bücher, a bookshop we host"),
    )
    maker.builtin_admin()
    _office_cast(maker, f"@{main.name}", f"@{retail.name}", f"@{labs.name}", f"@{books.name}")
    maker.fill(main.name, _Crew(44, 24, 12, ("directory", "directory", "directory", "local")))
    maker.fill(retail.name, _Crew(19, 12, 4, ("imported", "imported", "imported", "local")))
    maker.fill(labs.name, _Crew(4, 3, 1, ("local", "directory")))
    maker.fill(books.name, _Crew(2, 2, 1, ("imported", "local")))
    staff = [entry for entry in maker.entries if entry.is_account and entry.enabled and entry.mailbox]
    for domain, lists, resources, aliases in ((main, 7, 6, 9), (retail, 4, 3, 4), (labs, 2, 2, 2), (books, 1, 1, 2)):
        maker.lists(domain.name, lists)
        maker.resources(domain.name, resources)
        maker.aliases(domain.name, aliases, [entry for entry in staff if entry.domain == domain.name])
    for days in (34, 75, 160, 290):
        maker.deleted(main.name, days * _DAY, heir=staff[0] if days == 75 else None)
    maker.deleted(retail.name, 48 * _DAY)
    maker.deleted(main.name, 12 * _DAY)
    maker.deleted(main.name, 3 * _DAY + 5 * _HOUR, heir=staff[1])
    maker.deleted(retail.name, 2 * _HOUR)
    ends = maker.day(264)
    license_ = License(
        seats=120,
        id_end="7K2Q",
        registered_at=maker.ago(831 * _DAY),
        customer=Customer(
            organization="Northwind Traders",
            person="Marta Kowalczyk",
            email="it@northwind.example",
            phone="+44 20 7946 0112",
            country="United Kingdom",
            city="Leeds",
            street="12 Canal Wharf",
            zip="LS11 5PS",
            web="www.northwind.example",
        ),
        activated_at=maker.ago(830 * _DAY),
        maintenance_until=ends,
        expires=ends,
        components=(
            Component(name="antivirus", expires=ends),
            Component(name="activesync", expires=ends, seats=15),
            Component(name="antispam", expires=maker.day(25)),
        ),
    )
    inventory = maker.inventory(license_=license_, restarted=21 * _DAY + 6 * _HOUR, domains=(main, retail, labs, books))
    return _decided(inventory, maker)


def _decided(office: Inventory, maker: _Maker) -> Inventory:
    """The office with what its people decided, and what keeps an account from being called idle, of each kind one."""
    main, retail = f"@{office.domains[0].name}", f"@{office.domains[1].name}"

    def protection(pattern: str, reason: str, days: int) -> Protection:
        return Protection(pattern=pattern, reason=reason, by="marta", at=maker.ago(days * _DAY))

    def keep(address: str, ahead: int, reason: str, by: str, days: int) -> Keep:
        return Keep(address=address, until=maker.ago(-ahead * _DAY), reason=reason, by=by, at=maker.ago(days * _DAY))

    def reservation(subject: str, domain: str, count: int, start: int, until: int, reason: str) -> Reservation:
        return Reservation(
            subject=subject, domain=domain.removeprefix("@"), count=count, start=maker.ago(-start * _DAY),
            until=maker.ago(-until * _DAY), reason=reason, by="marta", at=maker.ago(5 * _DAY),
        )  # fmt: skip

    delivers = {f"m.ueda{retail}": (f"shop.admin{retail}",)}
    moderators = {f"board{main}": (f"d.ozturk{main}",)}
    entries = (
        replace(
            each,
            delivers_to=delivers.get(each.address, each.delivers_to),
            moderators=moderators.get(each.address, ()),
        )
        for each in office.entries
    )
    return replace(
        office,
        entries=tuple(entries),
        policies=(Policy(name="shops", where="domain:retail", inactive=90, never=30, stop_when_free=9),),
        keeps=(
            keep(f"j.hart{main}", 121, "On sabbatical until July", "marta", 58),
            keep(f"k.ueda{main}", 93, "Parental leave", "marta", 61),
            keep(f"applications{main}", 9, "Two letters of 2025 are still open", "teo", 20),
        ),
        protections=(
            protection("till.*", "Tills send receipts and never log in", 151),
            protection("printer.*", "Sends toner warnings", 151),
            protection(f"monitoring{main}", "Probes the server", 151),
            protection(f"archive{main}", "Its mail has to be kept until 2031", 12),
        ),
        reservations=(
            reservation("Anna Novak", main, 1, 9, 33, "Starts in nine days"),
            reservation("Trainees", retail, 3, 61, 151, "Summer in the shops"),
        ),
        marks=(Mark(address=f"g.baptista{retail}", policy="idle", due=maker.ago(-5 * _DAY), at=maker.ago(9 * _DAY)),),
    )


def _office_cast(maker: _Maker, main: str, retail: str, labs: str, books: str) -> None:
    """The accounts of the office that are there to be seen: of each kind of trouble one."""
    account = maker.account
    # No one logs in with a scanner: enabled, local, never connected, and by its address before all others like it.
    account(f"2f-scanner{main}", "Scanner, 2nd floor", "Sends scans, reads nothing")
    account(f"anna{main}", "Anna Lund", "IT, helpdesk", days=0.003, by="Kerio Connect Client", role="full_admin")
    account(f"t.quist{main}", "Teo Quist", "IT", days=0.2, by="EAS", role="account_admin", origin="directory")
    account(f"auditor{main}", "External auditor", "Until the end of March", days=11, by="Webmail", role="auditor")
    account(f"old.admin{main}", "Ivo Brandt", "Left", days=420, role="full_admin", enabled=False)
    account(f"shop.admin{retail}", "Wanda Kaya", "Looks after the shops", days=1.1, role="account_admin")
    account(f"monitoring{main}", "Monitoring", "Probe, every five minutes", days=0.002, by="IMAP")
    account(f"printer.reception{main}", "Printer, reception", "Sends toner warnings", days=0.4, by="SMTP")
    account(f"copier.4f{main}", "Copier, 4th floor", "Taken away in 2023", days=905, by="SMTP")
    account(f"accounts.payable{main}", "Accounts payable", "Shared mailbox", days=0.1, by="Webmail")
    account(f"applications{main}", "Job applications", "Shared mailbox, nobody reads it", days=388, by="IMAP")
    account(f"4711{main}", "4711", "Till in the canteen, its clock is wrong", days=-212, by="POP3")
    account(f"x{labs}", "X", "A robot arm", days=37, by="POP3")
    account(f"j.hart{main}", "Jo Hart", "Sales, on sabbatical", days=760, origin="directory")
    account(f"archive{main}", "Archive", "Moved here with its mailbox", origin="imported", mailbox=True)
    account(f"p.lin{retail}", "林佩", "Left", days=430, by="EAS", origin="imported", enabled=False)
    account(f"r.dahl{main}", "Runa Dahl", "Left", days=1500, origin="directory", enabled=False)
    account(f"k.ueda{main}", "Kenji Ueda", "Parental leave", days=64, by="EAS", origin="directory", enabled=False)
    account(f"trainee.1{main}", "Trainee 1", "Shared by trainees", days=250, by="Webmail", enabled=False)
    account(f"till.north{retail}", "Till, north", "", days=0.05, by="SMTP")
    account(f"buchladen{books}", "Der Bücherladen", "Inhaber", days=0.6, by="Webmail")
    for place, (login, full_name) in enumerate(NON_LATIN):
        account(f"{login}{main if place % 3 else retail}", full_name, days=place * place * 3 + 0.3, origin="directory")
    for place, (login, full_name) in enumerate(ODD):
        account(f"{login}{labs if login == 'd+test' else main}", full_name, days=None if place % 2 else place + 0.7)


def _crisis(as_of: datetime) -> Inventory:
    """A whole directory was mapped into a license that is too small for it."""
    maker = _Maker(50, as_of)
    main, field, annex = (
        Domain(
            name="aurora.example",
            primary=True,
            description="Mapped from the company's directory",
            directory=Directory(
                url="ldaps://directory.aurora.example",
                base="ou=People,dc=aurora,dc=example",
                kind="active_directory",
                filter="(mail=*)",
                bind_as="cn=kerio,ou=Services,dc=aurora,dc=example",
            ),
        ),
        Domain(name="field.aurora.example", description="Technicians", user_limit=15),
        Domain(name="annex.example", description="Bought last year"),
    )
    maker.builtin_admin()
    account = maker.account
    # Never connected and, by its address, before all mapped ones that never did: this one can be disabled here.
    account(f"2f-copier@{main.name}", "Copier, 2nd floor", "Sends scans, never reads")
    account(f"root@{main.name}", "Ilse Thorsen", "IT", days=0.01, by="Kerio Connect Client", role="full_admin")
    account(f"ceo@{main.name}", "Uma Delacroix", "Starts today", origin="directory")
    account(f"scanner@{main.name}", "Scanner", "", days=0.3, by="SMTP")
    account(f"y.sokolova@{main.name}", "Юлия Соколова", "Purchasing", days=0.8, by="EAS", origin="directory")
    account(f"summer.job@{main.name}", "Summer job", "Last summer", days=170, by="Webmail")
    maker.fill(main.name, _Crew(34, 7, 4, ("directory",)))
    maker.fill(field.name, _Crew(11, 3, 2, ("directory", "directory", "local")))
    maker.fill(annex.name, _Crew(5, 1, 1, ("imported",)))
    staff = [entry for entry in maker.entries if entry.is_account and entry.enabled and entry.mailbox]
    maker.lists(main.name, 3)
    maker.resources(main.name, 2)
    maker.aliases(main.name, 4, staff)
    maker.deleted(main.name, 5 * _DAY)
    maker.deleted(field.name, 20 * _HOUR)
    maker.deleted(annex.name, 120 * _DAY)
    ends = maker.day(52)
    license_ = License(
        seats=50,
        id_end="M4XB",
        registered_at=maker.ago(313 * _DAY),
        customer=Customer(
            organization="Aurora Lifts",
            person="Ilse Thorsen",
            email="office@aurora.example",
            phone="+47 21 55 00 19",
            country="Norway",
            city="Bergen",
            street="Strandgaten 4",
            zip="5013",
        ),
        activated_at=maker.ago(313 * _DAY),
        maintenance_until=ends,
        expires=ends,
        components=(Component(name="activesync", expires=ends, seats=5), Component(name="antispam", expires=ends)),
        update=PendingUpdate(bought_at=maker.ago(27 * _HOUR), seats=25, components=("antivirus",)),
    )
    return maker.inventory(license_=license_, restarted=40 * _DAY, domains=(main, field, annex))


def _small(as_of: datetime) -> Inventory:
    """A shop with the smallest license."""
    maker = _Maker(5, as_of)
    shop = Domain(name="corner.example", primary=True, description="The corner shop")
    maker.builtin_admin()
    maker.account(f"alarm@{shop.name}", "Alarm panel", "Over the door")
    maker.account(f"gita@{shop.name}", "Gita Rahman", "Owner", days=0.02, by="EAS", role="full_admin")
    kofi = maker.account(f"kofi@{shop.name}", "Kofi Mendes", "Till", days=0.9, by="Webmail")
    maker.account(f"orders@{shop.name}", "Orders", "Shared mailbox", days=3.2, by="IMAP")
    maker.account(f"nils@{shop.name}", "Nils Ekman", "Left last year", days=290, by="POP3", enabled=False)
    maker.add(Entry(address=f"regulars@{shop.name}", kind="mailing_list", full_name="Regulars"))
    maker.add(Entry(address=f"info@{shop.name}", kind="alias", delivers_to=(kofi.address,)))
    license_ = License(seats=5, trial_until=maker.day(16))
    return maker.inventory(license_=license_, restarted=9 * _DAY, domains=(shop,))


STORIES: Final[dict[str, Callable[[datetime], Inventory]]] = {"office": _office, "crisis": _crisis, "small": _small}
"""Makes each sample as of a moment."""


def mixture(as_of: datetime, *, accounts: int, seats: int | None, domains: int, seed: int) -> Inventory:
    """An inventory of any size: `samples.make_inventory` says more."""
    maker = _Maker(seed, as_of)
    listed = tuple(_domain(place, max(1, accounts // max(1, domains))) for place in range(max(1, domains)))
    origins: tuple[Origin, ...] = ("directory", "directory", "imported", "local")
    maker.builtin_admin()
    for _ in range(accounts):
        enabled = maker.below(100) < 86
        connected = maker.below(100) < (70 if enabled else 85)
        domain = maker.one_of(listed).name
        maker.someone(domain, maker.one_of(origins), enabled=enabled, connected=connected, odd=30)
    staff = maker.entries[1:] or maker.entries
    for domain in (domain.name for domain in listed):
        share = -(-accounts // len(listed))
        maker.lists(domain, share // 14)
        maker.resources(domain, share // 18)
        maker.aliases(domain, share // 10, staff)
        for place in range(share // 40):
            maker.deleted(domain, maker.below(20 * _DAY) + (25 * _DAY if place % 2 else 0))
    return maker.inventory(license_=License(seats=seats), restarted=21 * _DAY, domains=listed)


def _domain(place: int, usual: int) -> Domain:
    """One of any number of domains; every fourth has a user limit a little above the usual number of accounts."""
    names = ("northwind.example", "retail.northwind.example", "labs.example", "xn--bcher-kva.example")
    name = names[place] if place < len(names) else f"branch-{place + 1:02}.northwind.example"
    return Domain(name=name, primary=place == 0, user_limit=usual + usual // 8 + 1 if place % 4 == 1 else None)


def written(inventory: Inventory) -> bytes:
    """An inventory as the text of a dump with one entry a line, so that a change of one is a change of one line."""
    head = inventory_document(inventory) | {"domains": None, "entries": None}
    domains = inventory_document(inventory)["domains"]
    entries = [json.loads(compact_entry(entry)) for entry in inventory.entries]
    lines = [f"{_json(field)}: {_json(value)}" for field, value in head.items() if value is not None]
    for field, rows in (("domains", domains), ("entries", entries)):
        lines.append(f"{_json(field)}: [\n" + ",\n".join(f"    {_json(row)}" for row in rows) + "\n  ]")
    return ("{\n" + ",\n".join(f"  {line}" for line in lines) + "\n}\n").encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(name: str) -> str:
    """A name as a login is written: small letters, without accents and apostrophes."""
    letters = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha()).lower()
