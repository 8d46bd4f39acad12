"""Decides which candidate cells of a build may not be shown: a step of its own between two selections of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from streams.cells.attack import Found, attack
from streams.cells.protect import protect
from streams.cells.tables import Atom, Cell, Figure, tables

if TYPE_CHECKING:
    import psycopg

CELL = {
    "city_code": "text",
    "indicator_id": "text",
    "indicator_version": "integer",
    "variant": "text",
    "period_type": "text",
    "period_start": "date",
    "period_end": "date",
    "area_level": "text",
    "area_code": "text",
    "unit_code": "text",
    "breakdown_type": "text",
    "breakdown_code": "text",
}
"""Column -> type of what names a cell."""

NEVER_WITHOUT = (("R03", "R05", ""), ("G01a", "G01b", "grid"), ("G01b", "G01a", "grid"))
"""(indicator, the one that it is never shown without, level where that is so): satisfaction without the share that
answered; on the map a grid shows both counts or none, and the value table says no more than the map."""


@dataclass(frozen=True)
class Loss:
    """What the step withheld. `by_level`: (area level, by unit or not) -> figures with cases, small ones, withheld."""

    withheld: int
    small: int
    by_level: dict[tuple[str, bool], tuple[int, int, int]]

    def __str__(self) -> str:
        levels = ", ".join(
            f"{level}{' by unit' if by_unit else ''} {withheld / figures:.0%} (small {small / figures:.0%})"
            for (level, by_unit), (figures, small, withheld) in sorted(self.by_level.items())
        )
        return f"{self.withheld} cells withheld, {self.small} of them small: {levels}"


def prepare(connection: psycopg.Connection[Any], schema: str) -> None:
    """Make the empty table `suppression` that the models of the door read; as dbt's login, which owns the schema."""
    columns = ", ".join(f"{name} {kind} not null" for name, kind in CELL.items())
    connection.execute(f"create table {schema}.suppression ({columns}, reason text not null)")


def suppress(connection: psycopg.Connection[Any], schema: str) -> Loss:
    """Fill `suppression` from the candidates of the same schema, city by city.

    `small_cell`: fewer than k contributing cases; where the indicator asks for both sides, fewer than k hits or misses
    as well (SDMX: A). `complementary`: a small one could be found out with it (D). A zero is shown.
    """
    told = Candidates.of(connection, schema)
    counts: dict[tuple[str, bool], list[int]] = {}
    total = small_total = 0
    into = f"copy {schema}.suppression ({', '.join(CELL)}, reason) from stdin"
    with connection.cursor() as cursor, cursor.copy(into.encode()) as copy:
        for places in told.by_city().values():
            figures = [told.figures[place] for place in places]
            drawn = tables(figures, told.atoms, told.parents, NEVER_WITHOUT)
            withheld = protect(drawn.system, drawn.small).withheld
            for place, figure, is_small, is_withheld in zip(places, figures, drawn.small, withheld, strict=True):
                if is_withheld:
                    copy.write_row((*told.keys[place], "small_cell" if is_small else "complementary"))
                if figure.n:
                    level = counts.setdefault((figure.cell.area_level, bool(figure.cell.unit_code)), [0, 0, 0])
                    level[0] += 1
                    level[1] += int(is_small)
                    level[2] += int(is_withheld)
            total += int(withheld.sum())
            small_total += int(drawn.small.sum())
    # The door joins it: without statistics of it and the candidates a ranking of a million events once took 117 s.
    connection.execute(f"analyze {schema}.suppression")
    return Loss(total, small_total, {level: (one[0], one[1], one[2]) for level, one in counts.items()})


def audit(connection: psycopg.Connection[Any], schema: str) -> dict[str, Found]:
    """City -> what an attacker finds in the values that the door of the schema shows."""
    told = Candidates.of(connection, schema)
    shown = connection.execute(
        f"select {', '.join(CELL)} from {schema}.indicator_value where not suppressed"
    ).fetchall()
    keys = set(shown)
    found = {}
    for city, places in told.by_city().items():
        system = tables([told.figures[place] for place in places], told.atoms, told.parents).system
        withheld = np.array([told.keys[place] not in keys for place in places], dtype=bool)
        found[city] = attack(system, withheld)
    return found


@dataclass(frozen=True)
class Candidates:
    """Figures of a build before any mask: `keys` are their cells by CELL, in the same order."""

    keys: list[tuple[Any, ...]]
    figures: list[Figure]
    atoms: dict[str, Atom]
    parents: dict[tuple[str, str], str]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any], schema: str) -> Candidates:
        """Those of the schema, with its catalogue, atoms and area tree."""
        rows = connection.execute(
            f"select {', '.join(f'cells.{name}' for name in CELL)},"
            " case when formula not in ('quantile', 'query') then numerator_atom end,"
            " case when formula not in ('quantile', 'query') then denominator_atom end, n_atom,"
            " numerator::float8, denominator::float8, n, cells.small_cell_k, cells.small_cell_both_sides"
            f" from {schema}.fct_indicator_value as cells inner join {schema}.indicator_catalogue as definitions"
            " using (indicator_id, indicator_version) where na_reason in ('', 'empty_denominator')"
        ).fetchall()
        width = len(CELL)
        figures = [_figure(row[:width], row[width:]) for row in rows]
        atoms = connection.execute(
            "select atom_id, measure in ('count', 'distinct'), measure = 'count' and time_rollup = 'sum',"
            f" coalesce(place_rollup, '') = 'sum' from {schema}.atom"
        ).fetchall()
        parents = connection.execute(
            f"select city_code, area_code, parent_area_code from {schema}.dim_area where parent_area_code <> ''"
        ).fetchall()
        return cls(
            [row[:width] for row in rows],
            figures,
            {name: Atom(*flags) for name, *flags in atoms},
            {(city, area): above for city, area, above in parents},
        )

    def by_city(self) -> dict[str, list[int]]:
        """City -> places of its figures; cities share nothing."""
        found: dict[str, list[int]] = {}
        for place, key in enumerate(self.keys):
            found.setdefault(key[0], []).append(place)
        return found


def _figure(key: tuple[Any, ...], numbers: tuple[Any, ...]) -> Figure:
    city, indicator, _, variant, *where = key
    return Figure(Cell(city, *where), indicator, variant, *numbers)
