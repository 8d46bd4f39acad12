"""What goes wrong in the streets, as each channel's own codes name it: `data/things.csv`, typed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from streams.simulators.town.dice import Floats, Ints, Mask
from streams.simulators.town.scenario import DATA


@dataclass(frozen=True)
class Thing:
    """One kind of trouble. An empty code means that this channel has none for it.

    `part_2013` is the class of the city part it befalls (then `code_2013` is empty: GB/T 30428 counts it as a part).
    `kept_phrases` are used in texts for evaluation only.
    """

    thing: str
    hotline_code: str
    detection_type: str
    code_2013: str
    code_2026: str
    part_2013: str
    unit_code: str
    weight: float
    rain_boost: float
    limit_hours: float
    is_urgent: bool
    phrases: tuple[str, ...]
    kept_phrases: tuple[str, ...]

    @property
    def is_heard(self) -> bool:
        """Several channels tell of it."""
        return bool(self.hotline_code)


@cache
def things() -> tuple[Thing, ...]:
    """All kinds of trouble, those that several channels tell of first."""
    with (DATA / "things.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = tuple(
        Thing(
            **{
                **row,
                "weight": float(row["weight"]),
                "rain_boost": float(row["rain_boost"]),
                "limit_hours": float(row["limit_hours"]),
                "is_urgent": row["is_urgent"] == "1",
                "phrases": tuple(row["phrases"].split("|")),
                "kept_phrases": tuple(filter(None, row["kept_phrases"].split("|"))),
            }  # type: ignore[arg-type]
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda thing: not thing.is_heard))


def per_thing(name: str) -> NDArray[np.float64]:
    """One numeric attribute of all kinds."""
    return np.array([getattr(thing, name) for thing in things()], dtype=np.float64)


def phrases(thing: Ints, is_evaluation: Mask) -> list[tuple[str, ...]]:
    """What people say of each thing (row); for evaluation the phrases kept for it, where there are any."""
    said = [(thing.phrases, thing.kept_phrases or thing.phrases) for thing in things()]
    return [said[row][kept] for row, kept in zip(thing.tolist(), is_evaluation.tolist(), strict=True)]


def mistaken(rng: np.random.Generator, right: Ints, fault: Ints, families: list[str]) -> tuple[Ints, Ints]:
    """Codes as told: (row, fault). `right` are rows of a code list, `families` the family of each of its rows.

    Fault 1 asks for another code of the family, 2 for one of another family; where there is none it becomes 0.
    """
    family = np.array(families)
    told, made = right.copy(), np.zeros(len(right), dtype=np.int64)
    luck: Floats = rng.random(len(right))
    for row in np.unique(right):
        inside = np.flatnonzero((family == family[row]) & (np.arange(len(family)) != row))
        for wanted, others in ((1, inside), (2, np.flatnonzero(family != family[row]))):
            rows = np.flatnonzero((right == row) & (fault == wanted))
            if len(others):
                told[rows] = others[(luck[rows] * len(others)).astype(np.int64)]
                made[rows] = wanted
    return told, made
