"""The JSON document of `kconsole fleet`, as pydantic models."""

from datetime import date, datetime
from typing import Final, Literal

from kconsole.cli.schema_models import listed, model, said
from kconsole.core.roles import RoleName
from kconsole.licensing.monitoring import State
from kconsole.operations.fleet_reading import FleetState

_Number: Final = int | None

FLEET: Final = model(
    "Fleet", "What kconsole fleet --json prints. Null is not known, unless a field says otherwise.",
    schema=Literal["kconsole-fleet/1"], as_of=datetime,
    stores=listed(model(
        "FleetStore", "The store of a context.",
        context=str, state=FleetState, problem=said(str | None, "why it could not be read; null if it could"), note=str,
        store_id=str | None, product=str | None, used=_Number,
        limit=said(_Number, "null without a limit, and if it is not known"), limit_known=bool,
        free=said(_Number, "null without a limit, and if it is not known"), reserved=_Number,
        chance_full_90d=said(float | None, "the chance that no seat is free within 90 days"),
        maintenance_until=said(date | None, "or the end of a license without maintenance"),
        read_at=said(datetime | None, "when the server was read; null for never, and without a server"),
        age_seconds=_Number, role=said(RoleName | None, "the role of the user in the store"),
        read_only=said(bool, "whether the context refuses all changes"),
        alarm=said(State, "the worst of the alarms, as kconsole check judges them"),
        alarms=listed(model("FleetAlarm", "Something that is not as it should be.", state=State, code=str, text=str)),
    )),
    totals=listed(model(
        "FleetTotal", "The seats of all stores of one product; two contexts of one store count once.",
        product=str, stores=int, used=int, limit=said(_Number, "null if one has no limit, or not a known one"),
        free=_Number, reserved=int, is_whole=said(bool, "whether all of it is known"),
    )),
)  # fmt: skip
