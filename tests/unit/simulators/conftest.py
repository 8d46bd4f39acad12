"""Plays for all tests: a small one judged record by record, three whole months, and the 15 months of the demo."""

from __future__ import annotations

import csv
import time
from datetime import datetime

import polars as pl
import pytest

from streams.contracts.registry import city
from streams.settings import CHECKOUT
from streams.simulators.feed.assembly import Play, play
from streams.simulators.town.world import CITY, Parameters


def parameters(
    seed: int = 42, scale: float = 1.0, first: str = "2026-07-01", to: str = "2026-10-01", noise: float = 1.0
) -> Parameters:
    """A run between two local instants."""
    zone = city(CITY).zone
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (first, to))
    return Parameters(seed=seed, start=start, end=end, scale=scale, noise=noise)


Steps = set[tuple[str, str]]


def seed(name: str) -> list[dict[str, str]]:
    """Rows of a seed of the warehouse."""
    with (CHECKOUT / "dbt_project/seeds" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def walked_and_legal(events: pl.DataFrame, family: str) -> tuple[Steps, Steps]:
    """What the lives walked from stage to stage, and what the warehouse calls legal."""
    stages = {row["native_stage"]: row for row in seed("stage_map.csv") if row["family"] == family}
    legal = {(row["from_stage"], row["to_stage"]) for row in seed("stage_transition.csv") if row["family"] == family}
    walked = set()
    for _, life in events.group_by("case", maintain_order=True):
        before = "none"
        for stage in life["stage"]:
            if stages[stage]["changes_state"] == "true":
                walked.add((before, stages[stage]["stage"]))
                before = stages[stage]["stage"]
    return walked, legal


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
