"""What goes wrong in the streets, as each channel's own codes name it: `data/things.csv`, typed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.dice import DAY, Floats, Ints, Mask
from streams.simulators.scenario import DATA

if TYPE_CHECKING:
    from streams.simulators.world import World


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


SCHEME_2013, PARTS_2013, SCHEME_2026 = "gbt30428-2013", "gbt30428-2013-part", "gbt47678-2026"


def city_codes(world: World, thing: Ints, at: Ints) -> pl.DataFrame:
    """category_scheme, _code and _name of each thing (row) in city management, by the day's standard."""
    switch = world.here.category_switch_on
    is_new = at >= (switch - date(1970, 1, 1)).days * DAY if switch else np.zeros(len(at), dtype=bool)
    schemes = (SCHEME_2013, PARTS_2013, SCHEME_2026)
    names = {(c.category_scheme, c.category_code): c.name_zh for scheme in schemes for c in world.categories(scheme)}
    known = []
    for one in things():
        old = (SCHEME_2013, one.code_2013) if one.code_2013 else (PARTS_2013, one.part_2013)
        known.append([(*key, names[key]) for key in (old, (SCHEME_2026, one.code_2026))])
    found = np.array(known, dtype=object)[thing, is_new.astype(np.int64)]
    columns = ("category_scheme", "category_code", "category_name")
    return pl.DataFrame({name: pl.Series(found[:, i].tolist(), dtype=pl.String) for i, name in enumerate(columns)})


def city_families(world: World) -> list[str]:
    """The category family of each thing in city management."""
    family = {category.category_code: category.family for category in world.categories(SCHEME_2026)}
    return [family[thing.code_2026] for thing in things()]


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
