"""What is told of a batch beside its rows: arrivals per city, codes that no register has, fields that no contract has.

Such events land all the same; the owner of the source is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

ARRIVALS = ("landed", "late", "duplicate", "rejected", "unknown_codes", "new_fields")
"""Counters of `ops.source_hour`."""

FINDING_SCHEMA = pl.Schema(
    {"city_code": pl.String, "kind": pl.String, "field": pl.String, "code": pl.String, "events": pl.Int64}
)
"""One row per city, kind (unknown_code | new_field | left_out), field and code: for a value left out, the reason."""

REGISTERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "unit_code": (("unit", "unit_code"),),
    "area_code": (("area", "area_code"), ("grid", "grid_code")),
    "category_code": (("category", "category_code"),),
    "device_id": (("device", "device_id"),),
    "sign_code": (("sign", "sign_code"),),
}
"""Field -> reference tables and columns that know its codes; a category's code counts inside its scheme."""

OTHER = "(other)"
"""Stands for what may be no code at all, and for the tail of a batch."""

NAMES = 50
"""Different codes of one field that a batch may tell of; more is noise, and noise must not grow tables."""

INTRODUCTION = "我叫"
"""Before a name the scrubber takes all that may be one for a person's; alone it would let some pass."""

_CODE = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9._/\u4e00-\u9fff-]{0,39}")


@dataclass(frozen=True)
class Registers:
    """Codes known per field, as `city/code`, and the cities that keep such a register at all."""

    codes: Mapping[str, pl.Series]
    cities: Mapping[str, frozenset[str]]

    @classmethod
    def build(cls, rows: Callable[[str], Iterable[Mapping[str, str]]]) -> Registers:
        """From the reference tables as `streams.reference.registry.rows` gives them."""
        codes, cities = {}, {}
        for field, places in REGISTERS.items():
            known = [(row["city_code"], _spelled(row, column)) for table, column in places for row in rows(table)]
            codes[field] = pl.Series([f"{city}/{code}" for city, code in known], dtype=pl.String).unique()
            cities[field] = frozenset(city for city, _ in known)
        return cls(codes, cities)

    def unknown(self, events: pl.DataFrame) -> dict[str, pl.Series]:
        """Field -> code of each event where the city's register lacks it, null elsewhere."""
        found = {}
        for field in [name for name in self.codes if name in events.columns]:
            code = pl.col(field)
            if field == "category_code":
                code = pl.concat_str(pl.col("category_scheme").fill_null(""), code, separator="/")
            is_kept = pl.col("city_code").is_in(list(self.cities[field]))
            is_known = pl.concat_str("city_code", code, separator="/").is_in(self.codes[field].implode())
            missing = pl.when(is_kept & ~is_known).then(code).alias(field)
            found[field] = events.select(missing).to_series()
        return found


def arrivals(decided: pl.DataFrame, rejects: pl.DataFrame, registers: Registers) -> pl.DataFrame:
    """Events per city (empty text where a reject names none): `city_code` and ARRIVALS."""
    is_landed = pl.col("verdict") == "landed"
    unknown = pl.any_horizontal(
        pl.lit(False), *(series.is_not_null() for series in registers.unknown(decided).values())
    )
    accepted = decided.select(
        "city_code",
        landed=is_landed,
        late=is_landed & pl.col("is_late"),
        duplicate=pl.col("verdict") == "duplicate",
        rejected=pl.col("verdict") == "id_conflict",
        unknown_codes=is_landed & unknown,
        new_fields=is_landed & pl.col("extra").is_not_null(),
    )
    no = pl.lit(False)
    refused = rejects.select(
        pl.col("city_code").fill_null(""),
        **{name: no if name != "rejected" else pl.lit(True) for name in ARRIVALS},
    )
    return (
        pl.concat([accepted, refused])
        .group_by("city_code")
        .agg(pl.col(ARRIVALS).sum().cast(pl.Int64))
        .sort("city_code")
    )


def findings(landed: pl.DataFrame, registers: Registers, scrub: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
    """What the landed events held that nobody knows (FINDING_SCHEMA); the names pass `scrub` once more."""
    parts = [FINDING_SCHEMA.to_frame()]
    for field, codes in registers.unknown(landed).items():
        counted = landed.select("city_code", code=codes).drop_nulls().group_by("city_code", "code").len("events")
        parts.append(
            counted.select(
                "city_code",
                pl.lit("unknown_code").alias("kind"),
                pl.lit(field).alias("field"),
                "code",
                pl.col("events").cast(pl.Int64),
            )
        )
    extra = landed.select("city_code", "extra").drop_nulls().group_by("city_code", "extra").len("events")
    members = [(city, name, count) for city, text, count in extra.iter_rows() for name in json.loads(text)]
    fields = pl.DataFrame(
        members, schema={"city_code": pl.String, "field": pl.String, "events": pl.Int64}, orient="row"
    )
    parts.append(
        fields.select("city_code", pl.lit("new_field").alias("kind"), "field", pl.lit("").alias("code"), "events")
    )
    return pl.concat([_told(pl.concat(parts), scrub), _left_out(landed)])


def _left_out(landed: pl.DataFrame) -> pl.DataFrame:
    """Values that were left out of landed events, counted by field and reason; both are words of our own."""
    each = landed.select("city_code", pl.col("left_out").str.split(",")).drop_nulls().explode("left_out")
    parts = pl.col("left_out").str.split_exact("=", 1)
    return (
        each.select(
            "city_code",
            pl.lit("left_out").alias("kind"),
            parts.struct.field("field_0").alias("field"),
            parts.struct.field("field_1").alias("code"),
        )
        .group_by("city_code", "kind", "field", "code")
        .agg(pl.len().cast(pl.Int64).alias("events"))
        .sort("city_code", "kind", "field", "code")
    )


def _told(found: pl.DataFrame, scrub: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
    """Names that are fit to be shown, the most frequent ones of each city and kind; the rest together."""
    if found.is_empty():
        return found
    name = pl.when(pl.col("kind") == "new_field").then("field").otherwise("code")
    names = found.select(name.alias("name")).to_series()
    clean = scrub(INTRODUCTION + names).str.strip_prefix(INTRODUCTION)
    fit = pl.Series([bool(_CODE.fullmatch(one)) and one == kept for one, kept in zip(names, clean, strict=True)])
    first = pl.col("events").rank("ordinal", descending=True).over("city_code", "kind", "field_of_code") <= NAMES
    is_field = pl.col("kind") == "new_field"
    return (
        found.with_columns(fit=fit, field_of_code=pl.when(is_field).then(pl.lit("")).otherwise("field"))
        .with_columns(told=pl.col("fit") & first)
        .with_columns(
            field=pl.when(is_field & ~pl.col("told")).then(pl.lit(OTHER)).otherwise("field"),
            code=pl.when(~is_field & ~pl.col("told")).then(pl.lit(OTHER)).otherwise("code"),
        )
        .group_by("city_code", "kind", "field", "code")
        .agg(pl.col("events").sum())
        .sort("city_code", "kind", "field", "code")
    )


def _spelled(row: Mapping[str, str], column: str) -> str:
    return f"{row['category_scheme']}/{row[column]}" if column == "category_code" else row[column]
