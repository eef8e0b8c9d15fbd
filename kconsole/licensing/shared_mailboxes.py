"""Which accounts look like mailboxes of no one in particular, and what could stand in their place without a seat.

Evidence only: words that people give such logins, logins, forwarding. What is not known is no evidence.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from kconsole.core.decisions import LEAST_INACTIVE
from kconsole.core.records import Entry

Purpose = Literal["contact", "administration", "device", "no-reply", "list", "place", "unknown"]
"""What a mailbox is for, by the word in its login."""

Way = Literal["public-folder", "mailing-list", "resource", "alias"]
"""What takes its place: an alias of a public folder, a mailing list, a resource, or an alias of an account."""

Reason = Literal["login-word", "never-logged-in", "one-login", "forwards", "no-mailbox", "service-tag"]
Against = Literal["logs-in", "name-of-a-person", "admin", "protected", "kept", "moderator", "directory-mapped"]
Unknown = Literal["last-login", "forwarding", "moderator"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORDS: Final[Mapping[Purpose, frozenset[str]]] = {
    "contact": _set(
        """
        accounting accounts accountspayable anfrage anfragen application applications assistance assistenza
        atencion atendimento bestellung bestellungen bewerbung bewerbungen billing biuro booking buero buro bookings
        buchhaltung career careers commercial commerciale compras compta comptabilite contabilidad contabilita
        contact contacto contato contatti contatto customer customercare customers customerservice dotazy
        einkauf enquiries enquiry event events export facturacion faktura fakturace fakturamt fakturen
        fakturering fakturovani fakturowanie fakturownia faktury feedback finance frontdesk guest hallo hello
        help helpdesk hilfe hotline hr import info informace informacje informatica informatie information
        informationen invoice invoices jobs kadry kancelar kariera karriere kasse kontakt ksiegowosc
        kundendienst kundenservice kundservice kundtjanst lager mail marketing media news obchod objednavky
        oferta offers office order orders ordini personal personalabteilung podatelna podpora podpurne
        poptavka praktika praxis press presse prodej purchasing recepce recepcion recepcja reception rechnung
        rechnungen recruiting recruitment reklamace reklamation reservation reservations reservierung
        rezervace rh sale sales secretaria secretariat secretary segreteria sekretariat service servicedesk
        services servis shop soporte sprzedaz store suporte support ucetni uctarna vendas ventas verkauf
        verkoop vertrieb webshop zakaznik zamowienia
        """
    ),
    "administration": _set(
        """
        abuse admin administrator administrators datenschutz dmarc dpo gdpr hostmaster ict it noc postmaster
        privacy root security sysadmin usenet webmaster www
        """
    ),
    "device": _set(
        """
        alarm backup camera copier copieur copy device drucker druckerei drukarka fax faxserver icinga
        impresora imprimante kamera kopierer kopirka mfp monitor monitoring multifunction nagios nas plotter
        pos printer printers scan scaner scanner scanners scans server skaner skener stampante terminal till
        tiskarna ups voicemail zabbix
        """
    ),
    "no-reply": _set(
        """
        automat bounce bounces daemon donotreply keineantwort mailer mailerdaemon neodpovidat nepasrepondre
        nicantworten nichtantworten nieodpowiadaj noreply notification notifications notify robot system
        """
    ),
    "list": _set(
        """
        all alle everybody everyone mitarbeiter newsletter personnel rundmail staff team tous tutti verteiler
        vsichni wszyscy
        """
    ),
    "place": _set(
        """
        auto beamer besprechung besprechungsraum boardroom car conference conferenceroom fahrzeug konferenz
        meeting meetingraum meetingroom projector projektor raum room rooms saal sala salle sitzungszimmer
        vehicle zasedaci zasedacimistnost zasedacka
        """
    ),
}
"""Words of such logins without accents and signs, in the languages of many customers."""

_ANYWHERE: Final = _set(
    """
        beamer besprechungsraum conferenceroom copier copieur donotreply drucker fax faxserver imprimante impresora
        kopierer kopirka mailerdaemon meetingroom mfp noreply plotter printer printers projector projektor scaner
        scanner scanners skaner skener stampante tiskarna zasedacka
    """
)
"""Words that may stand beside any other, as in 2f-scanner: they are in no person's name."""

_SHORT: Final = (2, 3)
"""Letters of a word beside the one that says it, as in info-cz; a single one is an initial, as in m.sala."""

_WORD: Final = re.compile(r"[^\W\d_]+")

_RECENT: Final = timedelta(days=90)

SERVICE: Final = "service"


class Found(NamedTuple):
    """An account that looks like a mailbox of no one in particular."""

    entry: Entry
    purpose: Purpose
    word: str
    """The word in its login; empty if there is none."""
    way: Way
    reasons: Sequence[Reason]
    against: Sequence[Against]
    unknown: Sequence[Unknown]
    heir: str | None = None
    """The account of this store to which an alias of it would deliver; None if there is none."""


class Known(NamedTuple):
    """What is known of an account beside its record."""

    logins: int | None = None
    """How many different last logins the log has; None if it is too short to say."""
    is_protected: bool = False
    is_kept: bool = False
    moderates: bool | None = False
    """Whether it moderates a list; None if no one says."""
    hides_forwarding: bool = False
    """Whether no one says who forwards mail."""
    heir: str | None = None
    """The account of this store to which alone it forwards."""


def purpose_of(login: str) -> tuple[Purpose, str]:
    """What a mailbox with this login is for, and the word that says so; `unknown` and nothing if none does."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", login.casefold()) if not unicodedata.combining(each))
    found = _WORD.findall(plain)
    joined = "".join(found)
    for purpose, known in WORDS.items():
        if joined in known:
            return purpose, joined
        for word in filter(known.__contains__, found):
            others = [each for each in found if each != word]
            if word in _ANYWHERE or all(len(each) in _SHORT or each in known for each in others):
                return purpose, word
    return "unknown", ""


def is_candidate(entry: Entry) -> bool:
    """Whether an account that takes a seat is worth a look."""
    return purpose_of(entry.login)[0] != "unknown" or (bool(entry.delivers_to) and entry.never_logged_in)


def judged(entry: Entry, known: Known, now: datetime) -> Found:
    """What speaks for and against a candidate."""
    purpose, word = purpose_of(entry.login)
    login = None if entry.last_login is None else entry.last_login.at
    is_recent = login is not None and now - login < _RECENT
    reasons: list[tuple[Reason, bool]] = [
        ("login-word", bool(word)),
        ("never-logged-in", entry.never_logged_in),
        ("one-login", known.logins == 1 and login is not None and (now - login).days >= LEAST_INACTIVE),
        ("forwards", bool(entry.delivers_to)),
        ("no-mailbox", not entry.mailbox and entry.never_logged_in),
        ("service-tag", SERVICE in entry.tags),
    ]
    against: list[tuple[Against, bool]] = [
        ("logs-in", is_recent),
        ("name-of-a-person", _is_person(entry.full_name)),
        ("admin", entry.role != "user"),
        ("protected", known.is_protected),
        ("kept", known.is_kept),
        ("moderator", bool(known.moderates)),
        ("directory-mapped", entry.origin == "directory"),
    ]
    unknown: list[tuple[Unknown, bool]] = [
        ("last-login", entry.last_login is None and entry.login_unknown),
        ("forwarding", known.hides_forwarding and not entry.delivers_to),
        ("moderator", known.moderates is None),
    ]
    way = _way(purpose, entry)
    return Found(
        entry, purpose, word, way,
        [code for code, holds in reasons if holds], [code for code, holds in against if holds],
        [code for code, holds in unknown if holds], known.heir if way == "alias" else None,
    )  # fmt: skip


def _way(purpose: Purpose, entry: Entry) -> Way:
    if purpose == "place":
        return "resource"
    if purpose == "list" or len(entry.delivers_to) > 1:
        return "mailing-list"
    return "alias" if entry.delivers_to else "public-folder"


def _is_person(name: str) -> bool:
    """Whether a full name is like that of a person: two words or three, none of which names a purpose."""
    found = name.split()
    is_named = len(found) in (2, 3) and all(each[:1].isupper() and each.isalpha() for each in found)
    return is_named and all(purpose_of(each)[0] == "unknown" for each in found)
