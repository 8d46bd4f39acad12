"""What the simulated city complains about and how its bodies work: `data/*.csv`, typed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.reference import registry
from streams.simulators.town.dice import Floats

DATA = Path(__file__).parent / "data"

KINDS = ("consult", "help", "complaint", "report", "suggestion")
LIMIT_DAYS = {"consult": 3, "help": 5, "complaint": 7, "report": 7, "suggestion": 15}
"""Working days until a ticket is due; urgent ones are due the same day."""

MANNERS = {
    "consult": (0.55, 0.20, 0.14, 0.03, 0.08),
    "help": (0.12, 0.58, 0.20, 0.04, 0.06),
    "complaint": (0.05, 0.10, 0.62, 0.17, 0.06),
    "report": (0.03, 0.10, 0.27, 0.54, 0.06),
}
"""How a matter is mostly put -> shares of KINDS."""

TOWN_UNITS = {
    "530681001": "yunfu_subdistrict",
    "530681101": "xiangjiaba_town",
    "530681102": "taiping_town",
    "530681103": "liangwan_town",
}

TOWN_PACE = {"530681001": 0.96, "530681101": 1.0, "530681102": 1.25, "530681103": 1.12}
"""How much longer everybody's work takes out there."""


@dataclass(frozen=True)
class Matter:
    """One category of the hotline's scheme: who handles it, how often it comes, in which words."""

    category_code: str
    name_zh: str
    family: str
    unit_code: str
    town_share: float
    urban_weight: float
    rural_weight: float
    urgent_share: float
    manner: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """All matters and the bodies that the hotline knows; units are indexed in the order of `unit_codes`."""

    matters: tuple[Matter, ...]
    unit_codes: NDArray[np.object_]
    unit_names: NDArray[np.object_]
    pace: Floats
    resolved_share: Floats

    def unit_index(self, unit_code: str) -> int:
        return int(np.flatnonzero(self.unit_codes == unit_code)[0])

    def per_matter(self, name: str) -> NDArray[np.float64]:
        return np.array([getattr(matter, name) for matter in self.matters], dtype=np.float64)


@cache
def scenario(city_code: str, category_scheme: str) -> Scenario:
    """Join the scenario's tables with the city's reference data; KeyError for a code that one of them lacks."""
    known = {c.category_code: c for c in registry.categories(city_code) if c.category_scheme == category_scheme}
    names = {unit.unit_code: unit.name_zh for unit in registry.units(city_code)}
    habits = {row["unit_code"]: row for row in _rows("units.csv")}
    matters = tuple(
        Matter(
            category_code=row["category_code"],
            name_zh=known[row["category_code"]].name_zh,
            family=known[row["category_code"]].family,
            unit_code=row["unit_code"],
            town_share=float(row["town_share"]),
            urban_weight=float(row["urban_weight"]),
            rural_weight=float(row["rural_weight"]),
            urgent_share=float(row["urgent_share"]),
            manner=row["manner"],
            problems=tuple(row["problems"].split("|")),
        )
        for row in _rows("categories.csv")
    )
    return Scenario(
        matters=matters,
        unit_codes=np.array(list(habits), dtype=object),
        unit_names=np.array([names[code] for code in habits], dtype=object),
        pace=np.array([float(habit["pace"]) for habit in habits.values()]),
        resolved_share=np.array([float(habit["resolved_share"]) for habit in habits.values()]),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
