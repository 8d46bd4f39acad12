"""Plays for all tests: a small one judged record by record, three whole months, and the 15 months of the demo."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from streams.contracts.registry import city
from streams.simulators.shuifu import Play, play
from streams.simulators.world import CITY, Parameters


def parameters(
    seed: int = 42, scale: float = 1.0, first: str = "2026-07-01", to: str = "2026-10-01", noise: float = 1.0
) -> Parameters:
    """A run between two local instants."""
    zone = city(CITY).zone
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (first, to))
    return Parameters(seed=seed, start=start, end=end, scale=scale, noise=noise)


@pytest.fixture(scope="session")
def small() -> Play:
    return play(parameters(scale=0.04))


@pytest.fixture(scope="session")
def whole() -> Play:
    return play(parameters())


@pytest.fixture(scope="session")
def city_of_15_months() -> tuple[Play, float]:
    """The run of the demo, and the seconds it took."""
    started = time.monotonic()
    return play(parameters(first="2025-07-01")), time.monotonic() - started
