"""Worlds made by chance, from a seed: domains and people in many scripts, and texts to trip over."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tests.kerio_server.unknowns import Role, Unknowns
from tests.kerio_server.world import World, system_clock

GIVEN: Final = (
    *("Ada", "Aisha", "Björn", "Chloé", "Diego", "Emeka", "Gábor", "Hana", "Ines", "João", "Kofi", "Lena"),
    *("Łukasz", "Mai", "Noor", "Olga", "Pavel", "Rosa", "Søren", "Tomáš", "Uma", "Vera", "Wanda", "Žofie"),
)
FAMILY: Final = (
    *("Adeyemi", "Bergström", "Čapek", "Dvořák", "Eriksen", "Ferreira", "Głowacki", "Haddad", "Ishikawa"),
    *("Jansen", "Kowalczyk", "Lefèvre", "Müller", "Núñez", "O'Neill", "Öztürk", "Papadaki", "Quist", "Rossi"),
    *("Sørensen", "Tanaka", "Ueda", "Vávrová", "Wójcik", "Yılmaz", "Zhang", "Żak"),
)
SCRIPTS: Final = (
    *("王小明", "نور حداد", "Ελένη Παππά", "Юлия Соколова", "אברהם לוי", "สมหญิง ใจดี"),
    *("प्रिया शर्मा", "김민지", "高橋さくら", "ნინო ბერიძე", "Zoe\u0301 👩‍🔬 Quist"),
)
HOSTILE: Final = (
    *("[bold]Bob[/bold] Marsh", "a[/]b", "[@click=app.quit]Quinn[/]", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07"),
    *("tab\tand\nline", "\u202egnp.exe", "zero\u200bwidth", "null\x00byte", "%1 %s {0} ${HOME}", "<script>x</script>"),
    *("'; DROP TABLE users; --", "=cmd|'/c calc'!A1", "\ufeffmark", "\x9b2J", "very " * 200 + "long", "\U0010ffff"),
)
"""Full names and descriptions."""

ODD_LOGINS: Final = (
    *("o'brien", "d+test", "UPPER.Case", "x", "very.long.login.of.someone.with.five.names.and.a.half"),
    *("001", "admin", "müller", "a_b-c.d", "null", "true", "-1"),
)
PROTOCOLS: Final = ("IMAP", "POP3", "HTTP", "ActiveSync", "EWS", "CalDAV")

_NAMES: Final = ("northwind", "retail", "labs", "süd", "a-very-long-name-of-a-domain-that-fills-columns", "例え")
_DIRECTORIES: Final = ("WindowsActiveDirectory", "AppleDirectoryKerberos", "CustomLDAP")


def made_up_world(
    accounts: int = 200,
    domains: int = 3,
    *,
    seed: int = 1,
    now: Callable[[], datetime] = system_clock,
    unknowns: Unknowns | None = None,
    seats: int | None = None,
    hostile: bool = True,
) -> World:
    """A world of so many users, evenly over the domains; the same for the same seed and moment.

    Every fifth domain is mapped from a directory, as is its every second user; of all users some are disabled, some
    never logged in. `seats` None licenses a tenth more than are there.
    """
    chance = random.Random(seed)
    world = World(now=now, unknowns=unknowns, seed=seed)
    world.set_license(
        users=accounts + accounts // 10 if seats is None else seats,
        expires=now() + timedelta(days=400),
        maintained_until=now() + timedelta(days=200),
    )
    names = [_domain_name(index) for index in range(domains)]
    for index, name in enumerate(names):
        mapped = index % 5 == 1
        world.add_domain(
            name,
            description=f"Domain {index + 1}",
            user_limit=max(1, accounts) if index % 4 == 2 else None,
            directory=_DIRECTORIES[index % len(_DIRECTORIES)] if mapped else "",
            directory_host="dc.example" if mapped else "",
        )
    for index in range(accounts):
        place = index % domains
        _add_someone(
            world, chance, index, names[place], mapped=place % 5 == 1 and index // domains % 2 == 0, hostile=hostile
        )
    for name in names:
        _add_the_rest(world, chance, name, hostile)
    return world


def _domain_name(index: int) -> str:
    base = _NAMES[index % len(_NAMES)]
    return f"{base}.example" if index < len(_NAMES) else f"{base}{index}.example"


def _add_someone(world: World, chance: random.Random, index: int, domain: str, *, mapped: bool, hostile: bool) -> None:
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    name, description, login = f"{given} {family}", "", f"{given[0]}.{family}{index}".lower().replace("'", "")
    if index % 17 == 3:
        name = SCRIPTS[index // 17 % len(SCRIPTS)]
    if hostile and index % 29 == 5:
        name, description = HOSTILE[index // 29 % len(HOSTILE)], chance.choice(HOSTILE)
    if hostile and index % 31 == 7:
        odd = ODD_LOGINS[index // 31 % len(ODD_LOGINS)]
        login = f"{odd}{index}" if world.find(f"{odd}@{domain}") else odd
    role: Role = "FullAdmin" if index == 0 else "AccountAdmin" if index % 97 == 1 else "UserRole"
    never = chance.random() < 0.15
    last = None if never else (world.now() - timedelta(minutes=chance.randrange(1, 60 * 24 * 900)), _protocol(chance))
    world.add_user(
        f"{login}@{domain}",
        name,
        description=description,
        enabled=chance.random() > 0.1,
        mapped=mapped,
        role=role,
        mailbox=not never,
        connected=not never and chance.random() < 0.7,
        last_login=last,
        consumedItems=0 if never else chance.randrange(1, 90_000),
        consumedSize={"value": 0 if never else chance.randrange(1, 2000), "units": _units(chance)},
        emailAddresses=[f"{given}.{family}".lower()] if index % 7 == 0 else [],
    )


def _protocol(chance: random.Random) -> str:
    return chance.choice(PROTOCOLS)


def _units(chance: random.Random) -> str:
    return chance.choice(("KiloBytes", "MegaBytes", "GigaBytes"))


def _add_the_rest(world: World, chance: random.Random, domain: str, hostile: bool) -> None:
    users = [world.address(user) for user in world.users_of(world.domain(domain).id)[:20]]
    odd = chance.choice(HOSTILE) if hostile else ""
    world.add_list(f"all@{domain}", "Everybody", tuple(users[:5]))
    world.add_list(f"news@{domain}", odd, (*users[5:7], "someone@elsewhere.example"))
    world.add_resource(f"room-1@{domain}", "Meeting room, 1st floor")
    world.add_resource(f"van@{domain}", odd, "Equipment")
    world.add_group(f"staff@{domain}", "Staff")
    world.add_alias(f"info@{domain}", users[0] if users else f"all@{domain}")
    world.add_alias(f"sales@{domain}", "orders@elsewhere.example", odd)
    if world.domain(domain).directory:
        for number in range(3):
            world.add_waiting(f"waiting{number}@{domain}", chance.choice(SCRIPTS))
