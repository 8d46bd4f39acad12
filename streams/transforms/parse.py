"""Kafka bytes -> text columns, for all records of a topic at once; certifies what is plainly right.

The certificate is one-sided: a certified record keeps every rule of `streams.contracts.validate`; one that isn't
may still be right (odd spacing, an extension attribute, nested extra data) and goes to that referee. So the
meaning of a rule is written once, the normal path never runs Python per record, and no line can break a batch.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from streams.contracts.registry import (
    ENVELOPE_ATTRIBUTES,
    FUTURE_TOLERANCE_MINUTES,
    MAX_RECORD_BYTES,
    Contract,
    Field,
)

if TYPE_CHECKING:
    import duckdb

ATTRIBUTES = tuple(name for name in ENVELOPE_ATTRIBUTES if name != "data")

_JSON_TYPES = {
    "string": ("VARCHAR",),
    "timestamp": ("VARCHAR",),
    "boolean": ("BOOLEAN",),
    "integer": ("BIGINT", "UBIGINT"),
    "number": ("BIGINT", "UBIGINT", "DOUBLE"),
}
_TIME = r"^[12]\d{3}-\d{2}-\d{2}T[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,3})?Z$"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"
_LENIENT = r"(?i),\s*[}\]]|[:\[,]\s*[+-]?(?:nan|inf(?:inity)?)\s*[,\]}]"
"""What DuckDB's reader takes and RFC 8259 doesn't: a comma before a bracket, NaN, Infinity. Also met inside strings,
which only sends the record to the referee."""


def attribute(name: str) -> str:
    """Column of an envelope attribute. Only the fields of data have names without a leading underscore here."""
    return f"_ce_{name}"


def extract(values: pl.Series, contract: Contract) -> pl.DataFrame:
    """Each record's `_text` (null where it is no UTF-8) and, where that is JSON, each attribute and field as text.

    Adds `_is_typed` (each field has its JSON type or is null), `_is_plain` (exactly the nine attributes, no name
    twice) and `_extra` (unknown members of data as a JSON object, names sorted; null where there are none).
    """
    names = [attribute(name) for name in ATTRIBUTES] + [field.name for field in contract.fields]
    paths = [f"$.{name}" for name in ATTRIBUTES] + [f"$.data.{field.name}" for field in contract.fields]
    # Two lists and a signature, not a column per member: planning fifty columns costs more than a small batch.
    found = _query(
        values.to_frame("_value"),
        f"""
        with decoded as (select try(decode(_value)) as _text from given),
        valid as (select _text, case when json_valid(_text) then _text end as _json from decoded)
        select
            _text,
            json_extract_string(_json, {paths!r}) as _values,
            array_to_string(
                list_transform(json_type(_json, {[*paths, "$.data"]!r}), lambda t: coalesce(t, '')), ','
            ) as _types,
            len(json_keys(_json)) as _n_attributes,
            len(json_keys(_json, '$.data')) as _n_members
        from valid
        """,
    )
    signatures = pl.DataFrame(
        [_signature(types, contract) for types in found["_types"].drop_nulls().unique()],
        schema={"_types": pl.String, "_is_typed": pl.Boolean, "_is_whole": pl.Boolean, "_n_known": pl.Int64},
        orient="row",
    )
    found = (
        found.with_columns(pl.col("_values").list.to_struct(fields=names))
        .unnest("_values")
        .join(signatures, on="_types", how="left", maintain_order="left")
        .with_columns(
            pl.col("_is_typed").fill_null(False),
            (pl.col("_is_whole") & (pl.col("_n_attributes") == len(ENVELOPE_ATTRIBUTES)))
            .fill_null(False)
            .alias("_is_plain"),
            pl.lit(None, pl.String).alias("_extra"),
        )
        .with_row_index("_row")
    )
    odd = found.filter(pl.col("_n_members") > pl.col("_n_known"))
    if not odd.is_empty():
        odd = odd.select("_row", "_text", "_n_known", "_n_members", "_is_plain")
        found = found.update(_extras(odd, contract), on="_row", how="left")
    return found.drop("_row", "_types", "_is_whole", "_n_attributes", "_n_known", "_n_members")


def _signature(types: str, contract: Contract) -> tuple[str, bool, bool, int]:
    """(types, each has its right one, all attributes are there with an object as data, number of known members)."""
    *members, data = types.split(",")
    attributes, fields = members[: len(ATTRIBUTES)], members[len(ATTRIBUTES) :]
    is_typed = set(attributes) <= {"VARCHAR"} and all(
        found in ("", "NULL", *_JSON_TYPES[field.logical_type])
        for field, found in zip(contract.fields, fields, strict=True)
    )
    return types, is_typed, all(attributes) and data == "OBJECT", sum(map(bool, fields))


def _extras(odd: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """`_row`, `_extra`, `_is_plain` of records with unknown members; not plain if nested, repeated or oddly named."""
    known = tuple(field.name for field in contract.fields)
    return _query(
        odd,
        rf"""
        with named as (
            select *, list_sort(list_filter(json_keys(_text, '$.data'), lambda k: k not in {known!r})) as _names
            from given
        ),
        safe as (
            select
                *,
                len(list_distinct(_names)) + _n_known = _n_members
                and list_bool_and(
                    list_transform(_names, lambda k: regexp_full_match(k, '[A-Za-z_]\w{{0,63}}'))
                ) as _is_safe
            from named
        ),
        read as (
            select
                *,
                case when _is_safe
                    then list_transform(_names, lambda k: json_extract(_text, '$.data."' || k || '"')::varchar)
                end as _found
            from safe
        )
        select
            _row,
            '{{' || array_to_string(
                list_transform(list_zip(_names, _found), lambda p: '"' || p[1] || '":' || p[2]), ','
            ) || '}}' as _extra,
            coalesce(_is_plain and list_bool_and(list_transform(_found, lambda v: regexp_full_match(
                v, '"(?s:.*)"|true|false|null|-?\d{{1,15}}(\.\d{{1,15}})?'
            ))), false) as _is_plain
        from read
        """,
    )


def md5(texts: pl.Series) -> pl.Series:
    """128-bit hash of each text as 32 hex digits, the same on every machine and version."""
    return _query(texts.to_frame("text"), "select md5(text) as hash from given")["hash"]


def certified(found: pl.DataFrame, contract: Contract) -> pl.Series:
    """True where a record surely keeps every rule.

    `found` is what `extract` made, with `_key`, `_value`, `_text`, `_timestamp`, `_city_is_known` and
    `_plausible_from` (the city's first instant) beside it.
    """
    tests: list[pl.Expr] = [
        pl.col("_value").bin.size() <= MAX_RECORD_BYTES,
        ~pl.col("_text").str.contains("\x00", literal=True),
        ~pl.col("_text").str.contains("\\u0000", literal=True),
        ~pl.col("_text").str.contains(_LENIENT),
        pl.col("_is_typed"),
        pl.col("_is_plain"),
        pl.col(attribute("specversion")) == "1.0",
        pl.col(attribute("datacontenttype")) == "application/json",
        pl.col(attribute("id")).str.contains("^[0-9a-f]{32}$"),
        pl.col(attribute("source")).str.contains("^/[a-z0-9_]+(?:/[A-Za-z0-9._-]+)+$"),
        pl.col(attribute("subject")) != "",
        pl.col(attribute("type")) == pl.format(f"{contract.stem}.{{}}.{contract.major}", pl.col("stage")),
        *(_is_plausible(attribute(name)) for name in ("time", "recordedtime")),
        *(test for field in contract.fields for test in _field_tests(field)),
        pl.col("_city_is_known"),
        pl.col("_key") == pl.concat_str(*contract.key_fields, separator="/").cast(pl.Binary),
    ]
    return found.select(pl.all_horizontal(test.fill_null(False) for test in tests)).to_series()


def _field_tests(field: Field) -> list[pl.Expr]:
    column = pl.col(field.name)
    tests = []
    if field.enum:
        tests.append(column.is_in(field.enum))
    if field.max_length is not None:
        tests.append(column.str.len_chars() <= field.max_length)
    if field.pattern is not None:
        tests.append(column.str.contains(field.pattern))
    if field.logical_type == "timestamp":
        tests.append(column.str.contains(_TIME) & as_time(column).is_not_null())
    if field.logical_type in ("integer", "number"):
        number = column.cast(number_type(field), strict=False)
        tests.append(number.is_not_null() if field.logical_type == "integer" else number.is_finite())
        if not field.drop_out_of_range:
            tests += [number >= field.minimum] if field.minimum is not None else []
            tests += [number <= field.maximum] if field.maximum is not None else []
    if field.required:
        return [column != "", *tests]
    return [test.fill_null(False) | column.is_null() for test in tests]


def _is_plausible(name: str) -> pl.Expr:
    limit = pl.col("_timestamp") + pl.duration(minutes=FUTURE_TOLERANCE_MINUTES)
    return pl.col(name).str.contains(_TIME) & as_time(pl.col(name)).is_between(pl.col("_plausible_from"), limit)


def as_time(text: pl.Expr) -> pl.Expr:
    """UTC microseconds of an RFC 3339 time with Z; null where there is none."""
    return text.str.to_datetime(_TIME_FORMAT, time_unit="us", strict=False, exact=True)


def number_type(field: Field) -> type[pl.DataType]:
    """Type of a numeric field's column, always 64 bits wide."""
    return pl.Int64 if field.logical_type == "integer" else pl.Float64


def _query(given: pl.DataFrame, sql: str) -> pl.DataFrame:
    connection = _duckdb()
    connection.register("given", given.to_arrow())
    try:
        return pl.DataFrame(connection.sql(sql).to_arrow_table())
    finally:
        connection.unregister("given")


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """One in-memory engine per process; a Spark worker has one core, so one thread."""
    import duckdb

    return duckdb.connect(config={"threads": 1})
