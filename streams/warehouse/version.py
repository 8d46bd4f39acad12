"""Version of the code that is running, as publications and the DDL record it."""

from __future__ import annotations

import subprocess
from functools import cache
from importlib.metadata import version

from streams.settings import CHECKOUT


@cache
def code_version() -> str:
    """`git describe` of the checkout with `-dirty` for changed files; the package's version where there is no git."""
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty", "--tags"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return version("citybrain")
    return done.stdout.strip() if done.returncode == 0 else version("citybrain")
