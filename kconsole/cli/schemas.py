"""The JSON documents that commands print, as pydantic models: the source of `kconsole schema`.

Imported by that command only, and by the tests, which hold what commands print against it. In the descriptions, null
means "without limit" for a number of seats, and "never" or "not known" for a time, unless they say otherwise.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from kconsole.cli.fleet_schemas import FLEET
from kconsole.cli.report_schemas import REPORTS
from kconsole.cli.schema_models import CONTEXT
from kconsole.cli.schema_models import PRICE as _PRICE
from kconsole.cli.schema_models import WARNINGS as _WARNINGS
from kconsole.cli.schema_models import listed as _list
from kconsole.cli.schema_models import model as _model
from kconsole.cli.schema_models import said as _said
from kconsole.core.codes import OPERATION_FIELD
from kconsole.core.decisions import Step
from kconsole.core.license import ComponentName
from kconsole.core.outcomes import Result
from kconsole.core.records import Kind, Origin, Role
from kconsole.core.reports import State
from kconsole.licensing.forecast import State as ForecastState
from kconsole.licensing.forecast import Trend
from kconsole.licensing.lifecycle import LicenseState
from kconsole.licensing.outcomes import Code
from kconsole.licensing.seat_history import Break, GroupBy
from kconsole.operations.config_model import Config
from kconsole.operations.dumps import dump_schema
from kconsole.operations.roles_model import RolesFile

_Number: Final = int | None
_Time: Final = datetime | None
_Texts: Final = list[str]


_LIFE: Final = _model(
    "Life", "The state of the license, and what ends when.",
    state=LicenseState, word=str, meaning=str, allows=str, next=str, source=str, suspended=bool, expired=bool,
    endings=_list(_model(
        "Ending", "Something of the license that ends on a day, or has ended.",
        what=_said(str, "trial, maintenance, license, grace, or the name of a component"),
        on=date, days_left=_said(int, "0 on the last day, negative afterwards"), over=bool, warned_at=_Number,
    )),
    components=_list(_model(
        "Component", "An optional component of the license, with its use.",
        name=ComponentName, expires=date | None, seats=_Number, users=int, over=_said(int, "users beyond its seats"),
    )),
    update=_model(
        "Update", "Seats or components that were bought and have not arrived at the server.",
        bought_at=datetime, seats=int, components=list[ComponentName], due_at=datetime, overdue=bool,
        steps=_said(_Texts, "what to do about an overdue update"),
    ) | None,
    registration=_model(
        "Registration", "What the license is bound to.",
        registered_at=_Time, activated_at=_Time, id=_said(str, "the license ID, masked but for its end"), id_end=str,
    ),
    price=_PRICE,
    warnings=_WARNINGS,
)  # fmt: skip

_SERVER_AGE: Final = _model(
    "ServerAge", "The age of what is known of the server.",
    name=str, synced_at=_Time, age_seconds=_Number,
    unread=_said(_Texts, "figures that the login could not read, and why"),
    uncounted=_said(_Texts, "domains whose users could not be read"),
    partial=_said(bool, "whether some users were not read, in these domains or in others that the login does not see"),
    counted=_said(_Texts, "if so, the domains whose users were all read"),
    open=_said(_Texts, "addresses of unconfirmed changes"),
)  # fmt: skip

_STATUS: Final = _model(
    "Status", "What kconsole status --json prints.",
    schema=Literal[1], as_of=datetime, license=_model("License", "The license.", seats=_Number, id_end=str), life=_LIFE,
    server=_said(_SERVER_AGE | None, "null if no server is configured"),
    read_only=_said(bool, "whether nothing can be changed: by --read-only, by rights, or on a network file system"),
    seats=_model(
        "Seats", "The figures of the license.",
        limit=_Number, counted=int, held=_said(int, "seats of deleted accounts, until the server is restarted"),
        used=int, free=_Number, over=int, connected=int, latent=_said(int, "counted accounts without a mailbox"),
        locked_out=_said(int, "accounts that would be refused at login"), state=State,
        unlisted=_said(int, "seats that the server counts beyond those counted here, in domains that were not read"),
        partial=_said(bool, "whether the server does not say that number, so that more may be used, and fewer free"),
        reserved=_said(int, "seats that are reserved now; they are not used"),
        available=_said(_Number, "seats that are free and not reserved"),
    ),
    domains=_list(_model(
        "DomainSeats", "The figures of a domain.",
        name=str, created=int, counted=int, held=int, disabled=int, connected=int, limit=_Number, free=_Number,
        reserved=_said(int, "seats that are reserved for its accounts now"),
        ascii_name=_said(str, "the name as DNS has it"),
    )),
    warnings=_WARNINGS,
)  # fmt: skip

_POLICY_FIELDS: Final[Mapping[str, Any]] = {
    "name": str, "where": _said(str, "a filter; empty for all accounts"),
    "inactive": _said(int, "days since the last login"),
    "never": _said(_Number, "days since an account that never logged in is known; null: it is kept"),
    "grace": _said(int, "days between the mark and the step"),
    "stop_when_free": _said(_Number, "free seats that are enough; null: never enough"),
    "brake_accounts": _said(int, "the most accounts of one run"), "brake_percent": int,
    "max_data_age": _said(int, "in hours"), "step": Step,
}  # fmt: skip
_POLICY: Final = _model(
    "Policy", "A policy, as kconsole policy show --json prints it, and list --json a list of them.",
    **_POLICY_FIELDS, shipped=_said(bool, "whether no one has set it, and it is as kconsole ships it"),
)  # fmt: skip
_FACTS: Final = _said(dict[str, Any], "what the code depends on")

_LOGIN: Final = _model("Login", "A login.", at=datetime, protocol=str)

_ACCOUNT_FIELDS: Final[Mapping[str, Any]] = {
    "address": str, "login": str, "domain": str, "full_name": str, "description": str, "kind": Kind, "origin": Origin,
    "enabled": bool, "role": Role, "mailbox": bool,
    "last_login": _LOGIN | None,
    "login_unknown": _said(bool, "whether a login may have been, because its source does not say"),
    "seat": _said(bool, "whether it takes a seat"),
    "verdict": _said(str, "the code of the rule that decides"), "because": _said(str, "the rule in words"),
    "ascii_address": _said(str, "the address with its domain as DNS has it"),
    "tags": _said(_Texts, "the user's own words for it"),
}  # fmt: skip

_LOG_LINE: Final = _model(
    "LogLine", "A line of the log, as kconsole log --json lists it.",
    sequence=int, at=datetime | None, operator=_said(str, "the system's user; the system vouches for it"),
    uid=_said(_Number, "the real user id; the system vouches for it; null in lines of before this was kept"),
    login_uid=_said(_Number, "the user id that logged in, before any sudo; the system vouches for it; null: not kept"),
    operator_name=_said(str | None, "the name in the roles file, by user id, forced command or sudo rule; else null"),
    claims=_model(
        "Claims", "What the operator, or the environment, claims: whoever runs programs as the user can make it up.",
        **{"as": str | None}, sudo_user=str | None, ssh_connection=str | None,
        ssh_key=_said(str | None, "the fingerprint of the SSH key, SHA256:..., and after it the id of a certificate"),
    ),
    session=_said(str, "a random name of the run of kconsole"),
    **{OPERATION_FIELD: _said(str, "the name of the operation")},
    reason=str, accounts=_Texts, changes=int, refused=_said(_Texts, "the refusals in words"),
    refusals=_list(_model(
        "Refusal", "Something that a guard or the server refused.",
        address=_said(str | None, "null for the whole operation"), code=str, text=str,
    )),
    seats=_model("SeatChange", "Seats used before and after.", before=int, after=int) | None,
    undoes=_said(_Number, "the line that this one undoes"),
    undone_by=_said(_Number, "the line that undid this one"),
    plan=_said(str | None, "the id of the plan that it applied, to free seats"),
)  # fmt: skip

_SERVER: Final = _model(
    "Server", "The server that the store follows.",
    name=str,
    access=_model(
        "Access", "How the server is reached.",
        url=str, user=str, ca_file=str, fingerprint=str, insecure=bool,
        provider=Annotated[str, Field(default="kerio", description="the product; absent for Kerio Connect")],
    ),
    synced_at=_Time, started_at=_Time, version=str, role=str, unread=_Texts, uncounted=_Texts, notes=_Texts,
    partial=bool, counted=_Texts, unlisted=_Number,
    numbers=_model(
        "ServerNumbers", "The server's own figures. Null is what could not be read.",
        licensed=_said(_Number, "-2 is without limit"), current=_Number, active=_Number, created=_Number,
        domains=_list(_model(
            "DomainNumbers", "The server's own figures of a domain.", name=str, current=int, allowed=_Number
        )),
    ) | None,
)  # fmt: skip

_OFFBOARDING: Final = {
    "address": str, "due": datetime, "to": _said(str, "who takes over the mailbox; empty for no one"),
    "alias_to": _said(str, "who gets the mail to the address; empty for no one"), "reason": str, "by": str,
    "at": datetime, "then": Literal["disable", "delete"],
}  # fmt: skip

_OUTCOME: Final = _model("Outcome", "What happened to an account.", address=str, result=Result, code=str, text=str)

_PRINTED: Final[Mapping[str, Any]] = {
    "status": _STATUS,
    "accounts": _list(_model("Account", "An entry, as kconsole accounts --json lists it.", **_ACCOUNT_FIELDS)),
    "explain": _list(_model(
        "Explanation", "An entry with its rule, as kconsole explain --json lists it.",
        **_ACCOUNT_FIELDS, source=_said(str, "the document that the rule is from"), deleted_at=_Time,
        held=_said(bool, "whether it is deleted and holds a seat until the server is restarted"),
        may_connect=bool, may_connect_because=str,
    )),
    "log": _list(_LOG_LINE),
    "head": _model(
        "LogHead", "What kconsole log head --json prints, which is what --sign signs.",
        schema=Literal["kconsole-head/1"], store=_said(str, "the id of the store; empty if archived lines are missing"),
        sequence=_said(int, "the number of the last line"), hash=_said(str, "its hash, which stands for all lines"),
        time=_said(datetime, "when this was the last line"),
    ),
    "history": _model(
        "History", "What kconsole history --json prints.",
        schema=Literal["kconsole-history/1"], as_of=datetime,
        days=_list(_model(
            "SeatDay", "A day in UTC. Over days without a break, joins less leaves is the change of the used seats.",
            day=date, used=_said(int, "at the end of the day"), peak=int, limit=_Number,
            held=_said(int, "seats of deleted accounts, until the server is restarted"), joins=int, leaves=int,
            reclaimed=_said(int, "of the leaves, those by a plan that frees seats"),
            read=_said(bool, "false on days without a reading: what the next one found is spread evenly over them"),
            breaks=_said(list[Break], "why the figures before and after are not of the same accounts"),
        )),
        by=_said(GroupBy | None, "what the groups are; null if none were asked for"),
        groups=_list(_model(
            "Group", "What a domain, operation or operator contributed.",
            name=_said(str, "empty for seats that belong to no domain that was read"),
            joins=int, leaves=int, reclaimed=int,
        )),
    ),
    "forecast": _model(
        "Forecast", "What kconsole forecast --json prints.",
        schema=Literal["kconsole-forecast/1"], as_of=datetime,
        state=_said(ForecastState, "why there are no chances, unless it is forecast"), trend=Trend,
        basis=_model(
            "Basis", "What the forecast rests on.",
            since=date | None, days=int, joins=int, leaves=int, unread_days=int, used=int, limit=_Number,
            partial=_said(bool, "whether more seats may be used than are known: no chance is less than it says"),
            reserved=_said(int, "seats of the reservations that have begun"), head=_said(str, "the seed of the chance"),
        ),
        p_full=_said(dict[str, float] | None, "the chance of having been full, by the days within which; null: none"),
        days=_model(
            "Days", "Days until the chance is 10, 50, 90 %. Null is not within a year, or a use that does not rise.",
            p10=_Number, p50=_Number, p90=_Number,
        ),
        dates=_model("Dates", "The same as days of the calendar.", p10=date | None, p50=date | None, p90=date | None),
        purchase=_model(
            "Purchase", "The smallest purchase with a chance of 5 % of being full at most.",
            seats=_said(int, "a multiple of 5; 0 if none is needed"), until=date,
        ) | None,
        backtest=Annotated[
            _list(_model(
                "Backtest", "How often past ranges held, in which 80 % should lie.",
                days=_said(int, "how far they looked"), ranges=int, held=int,
            )),
            Field(default=[], description="absent without --backtest"),
        ],
    ),
    "server": _model("ServerAnswer", "What kconsole server --json prints.", schema=Literal[1], server=_SERVER),
    "keeps": _list(_model(
        "Kept", "A kept account, as kconsole keep --json lists it.",
        address=str, until=datetime, reason=str, by=str, at=datetime, active=_said(bool, "whether that day is to come"),
    )),
    "protections": _list(_model(
        "Protected", "A protection, as kconsole protect --json lists it.",
        pattern=str, reason=str, by=str, at=datetime, accounts=_said(int, "how many fit"),
    )),
    "reservations": _list(_model(
        "Reserved", "A reservation, as kconsole reserve list --json lists it.",
        id=str, subject=str, domain=_said(str, "empty for any"), count=int, start=datetime, until=datetime, reason=str,
        by=str, at=datetime, active=_said(bool, "whether it holds its seats now"),
    )),
    "offboardings": _list(_model(
        "Leaver", "An account that is offboarded on a day, as kconsole offboard --json lists it.",
        **_OFFBOARDING, is_due=_said(bool, "whether that day has come"),
    )),
    "due": _model(
        "Due", "What kconsole due --json prints.",
        schema=Literal["kconsole-due/1"], as_of=datetime,
        due=_list(_model(
            "DueAccount", "An account whose offboarding is due, as it was decided.",
            **_OFFBOARDING, refused=_said(str | None, "why it would be refused now; null if it would not"),
            outcomes=_said(list[_OUTCOME], "what --apply did; empty without it"),  # type: ignore[valid-type]
        )),
    ),
    "policies": _list(_POLICY),
    "marks": _list(_model(
        "MarkedAccount", "An account whose grace period has begun, as kconsole reclaim due --json lists it.",
        address=str, policy=_said(str, "by which it was marked"), due=datetime, at=datetime, last_login=_LOGIN | None,
        is_due=_said(bool, "whether the grace period is over"),
    )),
    "plan": _model(
        "Plan", "What kconsole reclaim plan --json prints, and --out saves.",
        schema=Literal["kconsole-plan/1"], id=str, store=_said(str, "the id of the store"),
        head=_model("PlanHead", "The last line of the log of which it knew.", sequence=int, hash=str),
        policy=_model("PlanPolicy", "The policy that it is made by.", **_POLICY_FIELDS), policy_sha256=str,
        made_at=datetime, made_by=str, expires_at=datetime,
        rows=_list(_model(
            "PlanRow", "An account that would be changed.",
            number=_said(int, "of the account in this store"), address=str, step=Step, facts=_FACTS,
        )),
        skips=_list(_model("PlanSkip", "An account that stays.", number=int, address=str, code=Code, facts=_FACTS)),
        totals=_model("PlanTotals", "The seats.", used=int, used_after=int, limit=_Number),
        unknown=_said(list[Code], "codes of which nothing was known, so that no account has them"),
        sha256=_said(str, "of the plan itself; one that was edited is refused"),
    ),
    "judgement": _model(
        "Judgement", "What kconsole reclaim explain --json prints.",
        address=str, policy=str, code=Code, facts=_FACTS, because=_said(str, "the same in words"),
        refused=_said(_Texts, "why there is no plan at all now"),
    ),
    "metrics": _model(
        "Metrics", "What kconsole metrics --format json prints. Null is not known, unless a field says otherwise.",
        schema=Literal["kconsole-metrics/1"], as_of=datetime, version=str,
        context=_said(str | None, "the label of --context; null without it"),
        seats=_model(
            "MeasuredSeats", "The figures of the license.",
            limit=_said(_Number, "null without a limit, and if it is not known"), limit_known=bool, used=_Number,
            free=_said(_Number, "null without a limit, and if it is not known"), over=_Number, held=int, reserved=int,
            latent=_said(_Number, "used seats without a mailbox"), locked_out=_Number,
        ),
        domains=_list(_model(
            "MeasuredDomain", "The figures of a domain.",
            name=str, used=_Number, limit=_said(_Number, "its own; null without one"),
            free=_said(_Number, "null without a limit, and if it is not known"),
            accounts=_said(dict[str, int] | None, "how many entries there are, by the code of the rule that decides"),
        )),
        license=_model(
            "MeasuredLicense", "The license.", state=LicenseState,
            expiry_timestamps=_said(dict[str, int], "when each part of it ends, in seconds since 1970"),
        ),
        components=_list(_model(
            "MeasuredComponent", "The use of an optional component.",
            name=ComponentName, used=_Number, limit=_said(_Number, "null without a limit"),
        )),
        forecast=_said(dict[str, float], "the chance that no seat is free, by days; empty if nothing is forecast"),
        reading=_model(
            "Reading", "What was read of the server.",
            complete=_said(bool, "whether all users were read"),
            timestamp=_said(_Number, "in seconds since 1970; null for never, and without a server"),
        ),
        unconfirmed_changes=int, offboardings_due=_said(int, "accounts whose user has left"),
        journal=_model("MeasuredLog", "The last line of the log.", sequence=int, head=_said(str, "its hash")),
    ),
    **REPORTS,
    "config": Config,
    "fleet": FLEET,
    "contexts": _model(
        "Contexts", "What kconsole context list --json prints.",
        schema=Literal["kconsole-contexts/1"], contexts=_list(CONTEXT),
        unusable=_said(_Texts, "names of contexts with an error in the configuration file"),
    ),
    "context": _model(
        "ShownContext", "What kconsole context show --json prints.",
        schema=Literal["kconsole-context/1"], context=_said(CONTEXT | None, "null if the store was not named by one"),
    ),
    "config-check": _model(
        "ConfigCheck", "What kconsole config check --json prints.",
        schema=Literal["kconsole-config-check/1"], file=str,
        problems=_list(_model(
            "ConfigProblem", "A setting that cannot be used.",
            line=_said(_Number, "null where the file as a whole is wrong, or the text names it"),
            key=_said(str | None, "null where the file as a whole is wrong"), code=str, text=str,
        )),
    ),
    "settings": _model(
        "SettingsInEffect", "What kconsole config show --json prints.",
        schema=Literal["kconsole-settings/1"],
        settings=_list(_model(
            "Setting", "A setting, file or folder that is in effect.",
            name=str, value=str | bool,
            origin=_said(
                Literal["option", "environment", "file", "screen", "terminal", "default"],
                "screen is what was chosen there, terminal what the terminal can show",
            ),
            source=_said(str | None, "the option, the variable or the file; null where the origin says all"),
            line=_said(_Number, "of the file; null if it comes from elsewhere"),
        )),
    ),
    "roles": RolesFile,
}  # fmt: skip


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document.

    Raises:
        KeyError: there is no document of this name.
    """
    schema = dump_schema() if name == "dump" else TypeAdapter(_PRINTED[name]).json_schema()
    if name == "config":
        _complete_config(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _complete_config(schema: dict[str, Any]) -> None:
    """Say of the configuration what its model does not know: the commands that get keys, and that TOML has no null."""
    from kconsole.cli.screen import command_keys

    for name, setting in schema["properties"].items():
        kinds = [kind for kind in setting.pop("anyOf", ()) if kind != {"type": "null"}]
        schema["properties"][name] = {
            **{key: value for key, value in setting.items() if (key, value) != ("default", None)},
            **(kinds[0] if kinds else {}),
        }
    keys = schema["properties"]["keys"]
    text = keys.pop("additionalProperties")
    keys["properties"] = {
        each.name: {**text, "description": each.help, "default": each.keys} for each in command_keys()
    }
    keys["additionalProperties"] = False
