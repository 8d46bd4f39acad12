"""Stand-in for dbt's start time."""

from __future__ import annotations


def strftime(pattern: str) -> str:
    return "2026-01-01 00:00:00"
