"""Words that samples are made of. All people are made up: common names of many languages, put together by chance."""

from typing import Final

_GIVEN_NAMES: Final = """
    Ada Aisha Alba Amara Ana André Anouk Arne Aylin Björn Bruno Carla Chidi Chloé Dagmar Dara Diego Eira Elif
    Emeka Enzo Farah Fergus Freya Gábor Gita Hana Hugo Ida Ilse Imre Ines Ivo Jana Joana João Jonas Kasia Kenji
    Kofi Lars Leila Lena Łukasz Mai Malik Marta Mateo Mei Müge Naoki Niamh Nils Noor Olga Omar Paula Pavel Petra
    Rafael Ravi Rosa Sanne Siobhán Søren Tariq Tomáš Uma Vera Wanda Yara Yusuf Zofia Žofie
"""
GIVEN: Final = tuple(_GIVEN_NAMES.split())

_FAMILY_NAMES: Final = """
    Abara Achterberg Adeyemi Albrecht Almeida Andersen Baptista Bauer Bergström Björk Brandt Čapek Castellanos
    Chaudhry Costa Czajka Dahl Delacroix Duarte Dvořák Eklund Eriksen Ferreira Fontaine Gallagher García Głowacki
    Haddad Halloran Hart Horáková Ishikawa Ivanova Jansen Jurić Kamara Kaya Kim Kovács Kowalczyk Laurent Lefèvre
    Lin Lindström Lund Marek Mbeki Mendes Moreau Müller Murphy Nakata Navarro Ncube Novák Núñez O'Neill Okafor
    Öztürk Papadaki Pereira Petrov Quist Rahman Rossi Santos Schmidt Silva Sørensen Svoboda Szabó Takeda Tanaka
    Thorsen Ueda Valente Vávrová Visser Wójcik Yılmaz Zhang Żak
"""
FAMILY: Final = tuple(_FAMILY_NAMES.split())

NON_LATIN: Final = (
    ("x.wang", "王小明"),
    ("n.haddad", "نور حداد"),
    ("e.pappa", "Ελένη Παππά"),
    ("y.sokolova", "Юлия Соколова"),
    ("a.levi", "אברהם לוי"),
    ("s.jaidee", "สมหญิง ใจดี"),
    ("p.sharma", "प्रिया शर्मा"),
    ("m.kim", "김민지"),
    ("s.takahashi", "高橋さくら"),
)
"""(login, full name) in scripts that run the other way, are two cells wide, or combine marks."""

ODD: Final = (
    ("o'brien", "Maeve O'Brien"),
    ("b.marsh", "[bold]Bob[/bold] Marsh"),
    ("a.slash", "a[/]b"),
    ("q.click", "[@click=app.quit]Quinn[/]"),
    ("very.long.login.of.somebody.with.five.names", "Maximiliane Theodora von und zu Hohenlangenfels-Achterberg"),
    ("d+test", "Test <dev> & co."),
    ("z.plain", ""),
)
"""(login, full name) that a careless screen or table would trip over."""

TEAMS: Final = (
    "Accounting",
    "Board",
    "Customer care",
    "Development",
    "Human resources",
    "IT",
    "Legal",
    "Logistics",
    "Marketing",
    "Purchasing",
    "Reception",
    "Sales",
    "Support, tier 2",
    "Warehouse",
    "",
)

LISTS: Final = (
    ("all", "Everybody"),
    ("board", "Board"),
    ("newsletter", "Newsletter readers"),
    ("it-announce", "Planned downtime"),
    ("sales-team", "Sales, all regions"),
    ("facilities", "House and car park"),
    ("works-council", "Works council"),
)

RESOURCES: Final = (
    ("room.harbour", "Harbour room", "1st floor, 12 seats"),
    ("room.lantern", "Lantern room", "1st floor, 4 seats"),
    ("room.meridian", "Meridian room", "2nd floor, 20 seats, video"),
    ("van.1", "Delivery van", "Plate on the key"),
    ("beamer", "Projector", "At the reception"),
    ("bike.cargo", "Cargo bike", "Charged over night"),
)

ALIASES: Final = ("info", "sales", "support", "jobs", "press", "billing", "postmaster", "privacy", "office")

PROTOCOLS: Final = (
    *("IMAP",) * 5,
    *("EAS",) * 4,
    *("Webmail",) * 2,
    *("Kerio Connect Client",) * 2,
    "POP3",
    "EWS",
    "SMTP",
)
"""Each as often as it occurs."""
