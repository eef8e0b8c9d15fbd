"""Commands on reservations: seats that are kept free for people who will come."""

import click

from kconsole.cli.context import CliContext, at_store, exit_code, read_text, reason_option, say, say_outcomes
from kconsole.cli.decisions import read_day
from kconsole.cli.output import put_json
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.tables import put_table
from kconsole.core.encoding import as_json
from kconsole.operations.decisions import CancelReservation, ExtendReservation, Reserve
from kconsole.operations.reserving import number_of
from kconsole.text import gauge, words
from kconsole.text.safe_text import safe_address, safe_text


@click.group(cls=RoleGroup)
def reserve() -> None:
    """Reserve seats for people who will come.

    What is reserved is not used, and no one else gets it: available is what is free and not reserved. A reservation
    ends by itself, and is used by the account that it names.
    """


@reserve.command()
@click.argument("subject", metavar="FOR", callback=read_text)
@click.option("--domain", default="", metavar="D", callback=read_text, help="The domain of the seats; else any.")
@click.option("--from", "start", default="", metavar="DATE", callback=read_text, help="From when; else from now.")
@click.option("--until", required=True, metavar="DATE", callback=read_text, help="Until when: 2027-01-31, or 30d.")
@click.option("--count", type=int, default=1, show_default=True, metavar="N", help="How many seats.")
@reason_option
@at_store
def add(place: CliContext, subject: str, domain: str, start: str, until: str, count: int, reason: str) -> int:
    """Reserve seats, if they are free.

    FOR is an address, whose account then uses its seat by itself, or any words: 'Anna Novak', 'apprentices'. The seats
    are then used with 'kconsole add ADDRESS --use r7'.
    """
    begin = read_day(place, start) if start else None
    done = place.open().do(Reserve(subject, read_day(place, until), begin, domain, count, reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


@reserve.command("list")
@click.option("--json", "as_list", is_flag=True, help="Print the list as JSON.")
@at_store
def list_(place: CliContext, as_list: bool) -> None:
    """List the reservations, future and past ones too."""
    session, now = place.open(), place.now
    reservations = sorted(session.state.reservations.items(), key=lambda each: (each[1].start, each[0]))
    if as_list:
        fields = ("subject", "domain", "count", "start", "until", "reason", "by", "at")
        return put_json(
            [
                {
                    "id": f"r{number}",
                    **{name: as_json(getattr(each, name)) for name in fields},
                    "active": each.is_active(now),
                }
                for number, each in reservations
            ]
        )
    rows = [
        [
            f"r{number}",
            safe_address(each.subject),
            f"{each.count:,}",
            safe_address(each.domain) or "any",
            words.day(each.start),
            words.day(each.until) if now < each.until else f"over {words.day(each.until)}",
            safe_text(each.reason, None),
            safe_text(each.by),
        ]
        for number, each in reservations
    ]
    if rows:
        put_table(["ID", "FOR", "SEATS", "DOMAIN", "FROM", "UNTIL", "REASON", "BY"], rows, whole={0, 4, 5})
    say(", ".join(gauge.figures(session.seats.report())))
    return None


@reserve.command()
@click.argument("number", metavar="ID", callback=read_text)
@reason_option
@at_store
def cancel(place: CliContext, number: str, reason: str) -> int:
    """Cancel a reservation: its seats are free for everyone."""
    done = place.open().do(CancelReservation(number_of(number), reason))
    say_outcomes(done)
    return exit_code(done.outcomes)


@reserve.command()
@click.argument("number", metavar="ID", callback=read_text)
@click.argument("until", metavar="DATE", callback=read_text)
@reason_option
@at_store
def extend(place: CliContext, number: str, until: str, reason: str) -> int:
    """Move the end of a reservation."""
    done = place.open().do(ExtendReservation(number_of(number), read_day(place, until), reason))
    say_outcomes(done)
    return exit_code(done.outcomes)
