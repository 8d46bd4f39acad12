"""Places where a test may kill the process: `CITYBRAIN_CRASH_AT=<name>`; without it they do nothing."""

from __future__ import annotations

import os
import signal


def failpoint(name: str) -> None:
    """Die here as by `kill -9`, so that nothing is tidied up, when the environment names this point."""
    if os.environ.get("CITYBRAIN_CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
