"""An indicator of the catalogue as the SQL that it is evaluated by, rendered by the macros that the build uses."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import jinja2

from streams.builds.dbt import PROJECT
from streams.contracts.published import project_vars

Row = dict[str, str]

ROLES = ("numerator", "denominator", "n")

VALUES = {
    "share": "numerator / denominator",
    "per": "numerator / denominator * {scale}",
    "mean": "numerator / denominator * {scale}",
    "count": "numerator * {scale}",
    "query": "numerator * {scale}",
    "quantile": "the bucket in which the share of the spread's total passes {quantile}, its middle, * {scale}",
}
"""Formula -> how its value follows from the roles."""


@cache
def catalogue() -> dict[tuple[str, int], Row]:
    """Rows of the checkout's catalogue by id and version."""
    return {(row["indicator_id"], int(row["indicator_version"])): row for row in _seed("indicator_catalogue")}


@cache
def atoms() -> dict[str, Row]:
    """Rows of the checkout's atoms by id."""
    return {row["atom_id"]: row for row in _seed("atom")}


def roles_of(indicator: Row) -> dict[str, Row]:
    """The atoms that the indicator is made of, by role; only those that it has."""
    return {role: atoms()[indicator[f"{role}_atom"]] for role in ROLES if indicator[f"{role}_atom"]}


def sql_of(indicator: Row) -> str:
    """The whole evaluation as text: each role's aggregate over its entities, the value, where and when it is told."""
    lines = [
        f"-- {indicator['indicator_id']} version {indicator['indicator_version']}: {indicator['name_zh']}"
        f" ({indicator['state']})",
        *_aggregates(indicator),
        f"-- value: {VALUES[indicator['formula']].format(scale=indicator['scale'], quantile=indicator['quantile'])}",
        f"-- each {indicator['period_types'].replace(' ', ', each ')}; down to {indicator['finest_area_level']}"
        f"{', by unit' if indicator['by_unit'] == 'true' else ''}; final after {indicator['maturity_days']} days",
        f"-- n under k = {indicator['small_cell_k'] or 'of the city'} is withheld"
        f"{', its complement too' if indicator['small_cell_both_sides'] == 'true' else ''};"
        f" needs {indicator['requires'] or 'nothing of the city'}; in force since {indicator['valid_from']}",
    ]
    return "\n".join(lines) + "\n"


def _aggregates(indicator: Row) -> list[str]:
    lines = []
    for role, atom in roles_of(indicator).items():
        if atom["measure"] == "query":
            lines += [f"-- {role}: {atom['atom_id']}, a query of its own", atom["quantity"].strip()]
            continue
        kind = indicator["period_types"].split()[0]
        bucket = f", {_macros().spread_bucket(atom['quantity'])}" if atom["measure"] == "spread" else ""
        rollup = "" if atom["time_rollup"] == "sum" else f", {atom['time_rollup']} over time"
        lines += [
            f"-- {role}: {atom['atom_id']}, by {atom['day'] or 'the own day'} of each {atom['entity']}{rollup}",
            f"select {' '.join(_macros().atom_quantity(atom, kind).split())}",
            f"from entities -- of fct_atom_{atom['entity']}",
            f"group by period({atom['day'] or 'day'}), place, variant{' '.join(bucket.split(chr(10)))}",
        ]
    return lines


def _seed(name: str) -> list[Row]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _macros() -> Any:
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701  # SQL, not pages
    environment.globals["var"] = project_vars().__getitem__
    text = "".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in ("atoms", "period"))
    return environment.from_string(text).module
