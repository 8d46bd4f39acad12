from __future__ import annotations

from tests.fixtures.services import *  # noqa: F403
