"""Whatever consoles, server, outsiders and crashes do in whatever order: no account differs without an open intent."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.kerio_server.fixtures import need_openssl
from tests.limits import EXAMPLES
from tests.operations.followed import Followed
from tests.operations.live_machine import LiveMachine

MANY = EXAMPLES // 2 + 10


@pytest.mark.thorough
def test_no_account_differs_without_an_open_intent(tmp_path: Path) -> None:
    need_openssl()
    with Followed(tmp_path) as at:
        machine = type("Machine", (LiveMachine,), {"at": at})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=MANY,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
