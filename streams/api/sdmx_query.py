"""SDMX-REST 2.2 data queries, read into SQL: pure. Errors are CityBrainError in words of the request."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams.errors import CityBrainError

AGENCY = "CITYBRAIN"

VERSION = "1.0"

TOTAL = "_T"
"""SDMX's word for what our tables leave empty: all units, no breakdown."""

DIMENSIONS: dict[str, str] = {
    "CITY": "city_code",
    "INDICATOR": "indicator_id",
    "INDICATOR_VERSION": "indicator_version",
    "VARIANT": "variant",
    "PERIOD_TYPE": "period_type",
    "AREA_LEVEL": "area_level",
    "AREA": "area_code",
    "UNIT": "unit_code",
    "BREAKDOWN_TYPE": "breakdown_type",
    "BREAKDOWN": "breakdown_code",
}
"""Dimension -> column, in the order of a key; TIME_PERIOD comes after them and is no part of a key."""

OF_TOTAL = ("UNIT", "BREAKDOWN_TYPE", "BREAKDOWN")

TIME = "TIME_PERIOD"

ATTRIBUTES: dict[str, str] = {
    "OBS_STATUS": "case when suppressed then 'Q' when na_reason <> '' then 'M' when status = 'provisional' then 'P'"
    " else 'A' end",
    "CONF_STATUS": "case when not suppressed then 'F' when suppression_reason = 'small_cell' then 'A' else 'D' end",
    "NUMERATOR": "numerator",
    "DENOMINATOR": "denominator",
    "N": "n",
    "PUBLICATION": "publication_id",
    "VALID_FROM": 'to_char(published_at_utc, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')',
}
"""Attribute of an observation -> its SQL. A masked cell is Q (suppressed) and A (small) or D (would give one away)."""

PARAMETERS = ("asOf", "includeHistory", "dimensionAtObservation", "attributes", "measures", "limit", "offset")

MAX_OBSERVATIONS = 500_000


@dataclass(frozen=True)
class DataQuery:
    """What is asked of one dataflow. `conditions` are SQL over indicator_value with `parameters`.

    `limit` is one more than MAX_OBSERVATIONS where none is given: an answer that is cut unasked is refused.
    """

    flow: str
    conditions: tuple[str, ...]
    parameters: dict[str, Any]
    as_of: datetime | date | None
    with_history: bool
    limit: int
    offset: int


def data_query(path: str, query: Mapping[str, str]) -> DataQuery:
    """Read `{context}/{agency}/{flow}/{version}/{key}` and its parameters; raises CityBrainError."""
    parts = [one for one in path.split("/") if one]
    if len(parts) not in (3, 4, 5) or parts[0] not in ("dataflow", "*") or parts[1] not in (AGENCY, "*"):
        why = f"data are asked for as dataflow/{AGENCY}/INDICATOR/{VERSION}/KEY"
        raise _refused("the address names no dataflow of ours", why)
    flow, key = parts[2], parts[4] if len(parts) == 5 else "*"
    if not re.fullmatch(r"\w{1,40}", flow, re.ASCII):
        raise _refused(f"{flow[:40]!r} is no dataflow", "each indicator is one")
    conditions, parameters = ["indicator_id = %(flow)s"], {"flow": flow}
    for number, (condition, value) in enumerate([*_of_key(key), *_of_components(query)]):
        conditions.append(condition.replace("%s", f"%(p{number})s"))
        parameters[f"p{number}"] = value
    unknown = [name for name in query if name not in PARAMETERS and not re.fullmatch(r"c\[\w+\]", name)]
    if unknown:
        raise _refused(f"{unknown[0][:40]!r} is not served", f"there are {', '.join(PARAMETERS)} and c[DIMENSION]")
    history = query.get("includeHistory", "false")
    if history not in ("true", "false"):
        raise _refused("includeHistory is true or false", f"it is {history[:40]!r}")
    limit, offset = (_count(query, name, default) for name, default in (("limit", MAX_OBSERVATIONS + 1), ("offset", 0)))
    return DataQuery(flow, tuple(conditions), parameters, _moment(query.get("asOf")), history == "true", limit, offset)


def select(query: DataQuery) -> str:
    """SQL of the observations, one column for each of SDMX-CSV.

    Its parameters are the query's, with `publication`: the newest that is asked for.
    """
    listed = [f"""coalesce(nullif("{column}", ''), '{TOTAL}') as "{name}\"""" for name, column in _texts()]
    listed.insert(2, 'indicator_version as "INDICATOR_VERSION"')
    listed.append(f"""period_start || '/P' || (period_end - period_start) || 'D' as "{TIME}\"""")
    listed.append('value as "OBS_VALUE"')
    listed += [f'{sql} as "{name}"' for name, sql in ATTRIBUTES.items()]
    sign = "<=" if query.with_history else "="
    # The order inside a publication matters to pages alone, and sorting costs more than reading.
    is_paged = query.offset or query.limit <= MAX_OBSERVATIONS
    order = "".join(f", {name}" for name in (*DIMENSIONS.values(), "period_start", "period_end")) if is_paged else ""
    where = " and ".join((*query.conditions, f"publication_id {sign} %(publication)s"))
    return (
        "select 'dataflow' as \"STRUCTURE\","
        f" '{AGENCY}:{query.flow}({VERSION})' as \"STRUCTURE_ID\", 'I' as \"ACTION\", {', '.join(listed)}"
        " from published.indicator_value inner join published.publication using (publication_id)"
        f" where {where} order by publication_id{order}"
        f" limit {query.limit} offset {query.offset}"
    )


def _texts() -> list[tuple[str, str]]:
    return [(name, column) for name, column in DIMENSIONS.items() if name != "INDICATOR_VERSION"]


def _of_key(key: str) -> Iterator[tuple[str, Any]]:
    if key in ("*", "all", ""):
        return
    values = key.split(".")
    if len(values) != len(DIMENSIONS):
        why = f"it has {len(values)} parts; the dimensions are {'.'.join(DIMENSIONS)}"
        raise _refused("the key does not fit the dimensions", why)
    for name, value in zip(DIMENSIONS, values, strict=True):
        if value not in ("*", ""):
            yield _one_of(name, re.split(r"[+, ]", value))


def _of_components(query: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for parameter, value in query.items():
        found = re.fullmatch(r"c\[(\w+)\]", parameter)
        if not found:
            continue
        name = found[1]
        if name == TIME:
            for one in re.split(r"[+ ]", value):
                yield from _of_time(one)
        elif name in DIMENSIONS:
            yield _one_of(name, [one.removeprefix("eq:") for one in value.split(",")])
        else:
            raise _refused(f"{name[:40]!r} is no dimension", f"there are {', '.join(DIMENSIONS)} and {TIME}")


def _one_of(name: str, values: list[str]) -> tuple[str, Any]:
    if any("\x00" in one for one in values):
        raise _refused(f"the value of {name} can't be read", "it holds a character that no code has")
    if name in OF_TOTAL:
        values = ["" if one == TOTAL else one for one in values]
    return f"{DIMENSIONS[name]}::text = any(%s)", values


def _of_time(text: str) -> Iterator[tuple[str, Any]]:
    operator, _, value = text.rpartition(":") if re.match(r"(eq|ge|gt|le|lt):", text) else ("eq", "", text)
    first, following = _days(value)
    if operator in ("ge", "eq"):
        yield "period_start >= %s", first
    if operator in ("le", "eq"):
        yield "period_start < %s", following
    if operator == "gt":
        yield "period_start >= %s", following
    if operator == "lt":
        yield "period_start < %s", first


def _days(text: str) -> tuple[date, date]:
    """First day of a year, month or day, and the first after it."""
    try:
        if re.fullmatch(r"\d{4}", text):
            return date(int(text), 1, 1), date(int(text) + 1, 1, 1)
        if re.fullmatch(r"\d{4}-\d\d", text):
            first = date.fromisoformat(f"{text}-01")
            return first, first + timedelta(days=calendar.monthrange(first.year, first.month)[1])
        first = date.fromisoformat(text.partition("/")[0][:10])
        return first, first + timedelta(days=1)
    except (ValueError, OverflowError):
        raise _refused(f"{text[:40]!r} is no period", "2026, 2026-08 and 2026-08-01 are") from None


def _moment(text: str | None) -> datetime | date | None:
    """The instant of `asOf`, in UTC; a day means its end, and a second its end: clients cut what is finer."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-12-01"):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text.replace(" ", "+"))
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found if found.microsecond else found + timedelta(microseconds=999_999)
    except (ValueError, OverflowError):
        raise _refused("asOf can't be read", f"{text[:40]!r} is no time of ISO 8601") from None


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    if name not in query:
        return default
    text = query[name]
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or int(text) > MAX_OBSERVATIONS:
        raise _refused(f"{name} is a number up to {MAX_OBSERVATIONS}", f"it is {text[:40]!r}")
    return int(text)


def _refused(what: str, why: str) -> CityBrainError:
    return CityBrainError(what, why=why, remedy=f"/sdmx/structure/dataflow/{AGENCY}/* lists the dataflows", exit_code=2)
