"""Decides which candidate cells of a build may not be shown: a step of its own between two selections of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def prepare(connection: psycopg.Connection[Any], schema: str) -> None:
    """Make the empty table `suppression` that the models of the door read; as dbt's login, which owns the schema."""
    columns = ", ".join(f"{name} {kind} not null" for name, kind in CELL.items())
    connection.execute(f"create table {schema}.suppression ({columns}, reason text not null)")


def suppress(connection: psycopg.Connection[Any], schema: str) -> int:
    """Fill `suppression` from the candidates of the same schema; the number of cells that are withheld.

    Primary rule: fewer than k contributing cases; where the indicator asks for both sides, fewer than k hits or
    fewer than k misses as well. A zero is shown.
    """
    cell = ", ".join(CELL)
    done = connection.execute(
        f"insert into {schema}.suppression ({cell}, reason) select {cell}, 'small_cell'"
        f" from {schema}.fct_indicator_value where na_reason = '' and ("
        "(n > 0 and n < small_cell_k) or (small_cell_both_sides and ("
        "(numerator > 0 and numerator < small_cell_k)"
        " or (denominator > numerator and denominator - numerator < small_cell_k))))"
    )
    # The door joins it: without statistics of it and the candidates a ranking of a million events once took 117 s.
    connection.execute(f"analyze {schema}.suppression")
    return done.rowcount
