"""The API on loopback: its address and its health. What it answers lives in `streams/api`."""

from __future__ import annotations

from streams.settings import Settings
from streams.stack import loopback


def url(settings: Settings) -> str:
    """Where it answers; SDMX is below it, at `/sdmx`."""
    return f"http://127.0.0.1:{settings.api_port}"


def is_healthy(settings: Settings) -> bool:
    """True when it answers, whatever its warehouse does."""
    return loopback.answers(settings.api_port, "/health")
