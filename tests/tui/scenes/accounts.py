"""The main screen and its dialogs, plans of a policy, the log, the manual."""

from pathlib import Path
from typing import Final

from kconsole.core.license import License
from kconsole.core.records import Domain, Inventory
from tests.tui.activity import add_history, add_note
from tests.tui.console import NARROW, WIDE
from tests.tui.directories import DOMAIN
from tests.tui.scenes.walks import ALL, LARGE, Scene, Walk, back, happens, pastes, waits_for

IMPORTS: Final = Path(__file__).parents[3] / "data" / "imports"

NO_ACCOUNTS: Final = Inventory(license=License(seats=20), domains=(Domain(name=DOMAIN, primary=True),))


WALKS: Final = (
    Walk(
        "office",
        (
            Scene("main", "The main screen: seats, domains, accounts by their last login.", ("j", "j"), ALL),
            Scene("details", "Everything about an account.", ("/", *"bob", "enter", "enter")),
            Scene("filter", "A filter while it is typed.", (back, "/", *"scan")),
            Scene("no-match", "A filter that no account matches.", (back, "/", *"zzz")),
            Scene("filter-invalid", "A filter that cannot be read lists nothing.", (back, "/", *"is:seat is:x")),
            Scene("held", "Deleted accounts hold their seats until the server restarts.", (back, "/", *"is:held")),
            Scene("never", "The accounts that never logged in, unfolded.", (back, "n")),
            Scene(
                "marks",
                "What disabling the marked accounts would free.",
                ("n", *"jjjj", " ", " ", "j", " "),
                (WIDE, NARROW),
            ),
            Scene("text", "Addresses as plain text, to select or to save.", ("Y",)),
            Scene("quit", "Quitting asks where something would be lost.", ("escape", "q")),
            Scene("sort", "The order of the list.", (back, "s")),
            Scene("columns", "The columns of the list.", (back, "C")),
            Scene("help", "The keys and signs of a screen.", (back, "?"), (WIDE, NARROW)),
            Scene("help-no-match", "No key is about what was typed.", (*"zzz",)),
            Scene("palette", "All commands, found by what they mean.", (back, ":")),
            Scene("palette-no-match", "No command is about what was typed.", (*"zzz",)),
            Scene("saved-filters", "Filters that were saved.", (back, "f")),
            Scene("export", "The list goes to a file.", (back, "E")),
            Scene("report", "A report goes to a file.", (back, "number_sign")),
            Scene("tags", "The tags of an account.", (back, "j", "T")),
            Scene("keep", "An account is kept until a day.", (back, "K"), (NARROW, WIDE)),
            Scene(
                "offboard",
                "The user of an account leaves: the plan.",
                (back, "/", *"n.dahl", "enter", "O"),
                (WIDE, NARROW),
            ),
            Scene("offboard-to", "Others take over.", (*"l.navarro", "enter", *"l.navarro", "enter")),
            Scene("offboard-delete", "The account would be deleted for that.", ("enter", "enter")),
            Scene(
                "offboard-planned",
                "What waits for a day.",
                ("escape", "up", *"2027-01-31", "enter", *"left", "enter", "O"),
            ),
            Scene("decisions", "Reservations, keeps and protections.", (back, "V", "j"), (WIDE, NARROW)),
            Scene("extend", "Seats are reserved for longer.", ("K",)),
            Scene("decision-end", "A reservation ends.", ("escape", "x")),
            Scene("protect", "Accounts that no policy touches.", ("escape", "W", *"svc-*")),
            Scene(
                "reserve",
                "Seats are reserved for those who are yet to come.",
                (
                    "escape",
                    "a",
                    pastes(subject="Berta Olsen", count="3", until="2026-10-01", reason="Starts in September"),
                ),
            ),
            Scene(
                "reserved",
                "Reserved seats are a part of their own in the gauge.",
                (*["enter"] * 6, back),
                (WIDE, NARROW),
            ),
        ),
        with_past=True,
    ),
    Walk(
        "office",
        (
            Scene("add", "A new account takes a free seat.", ("a", *"new.colleague")),
            Scene(
                "add-refused", "An address that is taken.", ("home", *"2f-scanner", *["delete"] * 13, "enter", "enter")
            ),
            Scene("connect", "A login that the server would refuse, or take.", (back, *"jjjjj", "c")),
            Scene("restarted", "A restart of the server frees the seats of deleted accounts.", (back, "R")),
            Scene("confirm", "A question before accounts are disabled.", (back, *"jjjjj", "d"), ALL),
            Scene("reason", "A reason for it.", ("i", *"left in June")),
            Scene("done", "What was done.", ("enter", "y")),
            Scene("undone", "It is undone.", ("u",)),
            Scene("nothing-to-undo", "There is nothing else to undo.", ("u",)),
            Scene("delete", "A question before an account is deleted.", (back, *"jjjjjjjjjj", "x")),
            Scene("delete-many", "Deleting many asks for their number.", (back, "n", "*", "x")),
            Scene("delete-wrong-number", "Another number deletes nothing.", ("1", "enter")),
            Scene("confirm-many", "Disabling many asks for their number, too.", ("escape", "d")),
        ),
    ),
    Walk(
        "crisis",
        (
            Scene("crisis", "Over the limit: who is locked out.", ("]", "]"), ALL),
            Scene("locked-out", "Why an account cannot log in.", ("enter",)),
            Scene(
                "no-seat",
                "No account can be added; a key leads to those who would free a seat.",
                (back, "a"),
                (WIDE, NARROW),
            ),
            Scene(
                "refused",
                "A disabled account cannot be enabled, as no seat is free.",
                (back, "/", *"is:disabled", "enter", "e"),
            ),
            Scene("import", "A file is imported.", (back, "I")),
            Scene(
                "import-over",
                "What an import would change, which exceeds the license.",
                (pastes(path=str(IMPORTS / "users_labs.example_2026-03-02.csv")), "enter", waits_for("Preview")),
                (WIDE, NARROW),
            ),
            Scene("import-confirm", "A question before it is imported.", ("A",)),
            Scene(
                "import-faulty",
                "Faulty rows are named; nothing is imported while there are any.",
                (
                    back,
                    "I",
                    pastes(path=str(IMPORTS / "users_labs.example_faulty_2026-03-02.csv")),
                    "enter",
                    waits_for("Preview"),
                    "A",
                ),
            ),
            Scene("license-overdue", "Something that was bought has not arrived.", (back, "l"), ALL),
            Scene("arrived", "What changes when it arrives.", ("U",)),
            Scene("cancel-purchase", "A question before a purchase is cancelled.", ("escape", "X")),
            Scene("components", "Which accounts use the components.", ("escape", "o", "j")),
            Scene("component", "Seats and days of a component.", ("enter",)),
        ),
    ),
    Walk(
        "office",
        (
            Scene("reclaim", "The plan of a policy: who would be disabled, who stays and why.", ("P",), (WIDE, NARROW)),
            Scene("reclaim-why", "Why an account would be disabled.", ("enter",)),
            Scene("reclaim-left-out", "An account is left out, and kept from every plan.", ("escape", "j", "space")),
            Scene(
                "reclaim-reason",
                "Who stays for a reason.",
                ("escape", *["down"] * 13, "enter"),
                (NARROW, WIDE),
            ),
            Scene("reclaim-confirm", "The number of accounts is typed before the plan is applied.", ("g", "A")),
            Scene("reclaim-done", "What the plan did, and what another one would do.", (*"9", "enter"), (NARROW, WIDE)),
        ),
        with_past=True,
    ),
    Walk(
        "office",
        (
            Scene(
                "reclaim-old-data",
                "There is no plan where the data says too little.",
                (happens(lambda _, clock: clock.forward(days=3)), "P"),
            ),
        ),
    ),
    Walk(NO_ACCOUNTS, (Scene("no-accounts", "A domain without accounts."),)),
    Walk(
        "office",
        (
            Scene("live-note", "What another person just did.", ("j", happens(add_note)), (WIDE, NARROW)),
            Scene("log", "Who changed what.", (happens(add_history), "L", "j"), (WIDE, NARROW, LARGE)),
            Scene("log-line", "Everything about a line of the log.", ("j", "j", "enter")),
            Scene("undo", "A question before a line of the log is undone.", ("escape", "u")),
            Scene("log-filter", "A filter of the log.", (back, "L", "/", *"ticket")),
            Scene("log-no-match", "A filter that no line matches.", (*"zzz",)),
            Scene("log-account", "The changes of one account.", (back, "L", "h")),
        ),
    ),
    Walk(
        "office",
        (
            Scene("manual", "The topics of the manual.", ("?", "enter"), (NARROW, WIDE)),
            Scene("manual-page", "A topic of the manual.", (*"jjjj", "enter")),
            Scene("manual-page-search", "Words found in it.", ("/", *"refused", "enter")),
            Scene("manual-search", "The topics that have some words.", ("escape", "escape", "/", *"restart", "enter")),
            Scene("manual-no-match", "No topic has the words.", ("/", *"zzz", "enter")),
        ),
    ),
)
