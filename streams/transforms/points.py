"""Which values of an accepted event can't be true and are left out of it: numbers out of range, points elsewhere.

What a wrong point is stands here alone: adapters ask `point_fault` of the rows of a file, the kernel of every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from streams.contracts.registry import City, Contract

ZERO_DEGREES = 0.01
"""About a kilometre around 0/0, where points lie that nobody has set; the nearest city is 500 km away."""

POINT = ("longitude", "latitude")


def credible(events: pl.DataFrame, contract: Contract, cities: Mapping[str, City]) -> pl.DataFrame:
    """`events` (typed, with `city_code`) without such values, and `left_out`: what went and why, null where nothing.

    `left_out` is `field=why`, several parted by commas. A point goes as a whole, as `point=` zero, half (one of its
    two numbers), swapped (it would lie in the city the other way round), far (beyond the city's plausible bounds) or
    out_of_range (not on earth).
    """
    faults = dict(_faults(contract, cities))
    if not faults:
        return events.with_columns(left_out=pl.lit(None, pl.String))
    told = events.with_columns(fault.alias(f"_{name}") for name, fault in faults.items())
    gone = {
        field: pl.col(f"_{name}").is_not_null() for name in faults for field in (POINT if name == "point" else (name,))
    }
    said = [pl.format(f"{name}={{}}", f"_{name}") for name in faults]
    return told.with_columns(
        *(pl.when(~is_gone).then(field).alias(field) for field, is_gone in gone.items()),
        left_out=pl.when(pl.any_horizontal(one.is_not_null() for one in said)).then(
            pl.concat_str(said, separator=",", ignore_nulls=True)
        ),
    ).drop(f"_{name}" for name in faults)


def _faults(contract: Contract, cities: Mapping[str, City]) -> Iterator[tuple[str, pl.Expr]]:
    names = {field.name for field in contract.fields}
    has_point = set(POINT) <= names and not any(contract.field(name).required for name in POINT)
    for field in contract.fields:
        if field.drop_out_of_range and not (has_point and field.name in POINT):
            value = pl.col(field.column)
            low = value < field.minimum if field.minimum is not None else pl.lit(False)
            high = value > field.maximum if field.maximum is not None else pl.lit(False)
            yield field.name, pl.when(low | high).then(pl.lit("out_of_range"))
    if has_point:
        bounds = {code: city.plausible_bounds for code, city in cities.items() if city.plausible_bounds}
        west, south, east, north = (
            pl.col("city_code").replace_strict(
                {code: box[side] for code, box in bounds.items()}, default=None, return_dtype=pl.Float64
            )
            for side in range(4)
        )
        yield "point", point_fault(pl.col("longitude"), pl.col("latitude"), (west, south, east, north))


def point_fault(longitude: pl.Expr, latitude: pl.Expr, bounds: tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]) -> pl.Expr:
    """Why a point can't be true: half, zero, swapped, out_of_range or far; null where it can, or there is none.

    `bounds`: the plausible west, south, east and north in degrees; null where nobody knows them.
    """
    west, south, east, north = bounds

    def inside(x: pl.Expr, y: pl.Expr) -> pl.Expr:
        return x.is_between(west, east) & y.is_between(south, north)

    return (
        pl.when(longitude.is_null() & latitude.is_null())
        .then(None)
        .when(longitude.is_null() | latitude.is_null())
        .then(pl.lit("half"))
        .when((longitude.abs() < ZERO_DEGREES) & (latitude.abs() < ZERO_DEGREES))
        .then(pl.lit("zero"))
        .when(inside(longitude, latitude))
        .then(None)
        .when(inside(latitude, longitude))
        .then(pl.lit("swapped"))
        .when(~(longitude.is_between(-180, 180) & latitude.is_between(-90, 90)))
        .then(pl.lit("out_of_range"))
        .when(west.is_not_null())
        .then(pl.lit("far"))
    )
