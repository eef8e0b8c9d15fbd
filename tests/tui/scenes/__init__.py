"""Scenes: every screen and dialog of the console in its states, each with the steps that lead there.

The golden files hold their words, `screenshots/` their pictures; `test_scenes.py` compares both. Scenes of one
walk come one after the other, on one store and with one start of the console.
"""

from typing import Final

from tests.tui.scenes import accounts, licenses, servers, stores, terminals

WALKS: Final = (*accounts.WALKS, *licenses.WALKS, *servers.WALKS, *stores.WALKS, *terminals.WALKS)
SCENES: Final = tuple(scene for walk in WALKS for scene in walk.scenes)
