"""Calendars with other hours, for tests."""

from __future__ import annotations

from dataclasses import replace

from streams.clocks.calendars import FIRST_DAY, Definition, definitions, window


def with_hours(code: str, *hours: str) -> Definition:
    return replace(definitions()[code], windows=((FIRST_DAY, tuple(window(text) for text in hours)),))
