"""What one quality rule is, and what a suite gets to know about the run that it judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["critical", "warning"]

OWNER = "数据平台组"
"""Who mends a model; rules over arrivals name the source's own body instead."""


@dataclass(frozen=True)
class Facts:
    """The run under judgement, as the suites need it."""

    schema: str
    case_cities: tuple[str, ...]
    """Cities with at least one landed case event: each must be in the sources' totals."""
    indicator_cities: tuple[str, ...]
    """Those with a landed event of a case source that an indicator counts: each must have figures."""
    has_grids: bool
    """Whether one of them has grids, so that a map must have rows."""
    last_value_rows: Mapping[str, int]
    """City -> rows of indicator_value as published last; empty before the first publication."""


def rule(
    kind: type[Expectation], name: str, title_zh: str, expected: str, *, severity: Severity, **arguments: Any
) -> Expectation:
    """One Great Expectations rule with what a reader of its verdict wants to know in `meta`."""
    meta = {"rule": name, "title_zh": title_zh, "expected": expected, "owner": arguments.pop("owner", OWNER)}
    return kind(**arguments | {"severity": severity, "meta": meta})


def none_of(
    name: str, title_zh: str, expected: str, query: str, *, severity: Severity = "critical", **arguments: Any
) -> Expectation:
    """Rule that the query finds no row. `{batch}` in it is the judged table; only the number of rows is kept.

    A query that returns `city_code` (and `source`, where the table has it) tells whose fault it is.
    """
    from great_expectations.expectations import UnexpectedRowsExpectation

    return rule(
        UnexpectedRowsExpectation,
        name,
        title_zh,
        expected,
        severity=severity,
        unexpected_rows_query=" ".join(query.split()),
        **arguments,
    )


def values(rows: Iterable[tuple[str | int, ...]]) -> str:
    """Rows of plain codes and numbers as an SQL list, for a query of `none_of`."""
    return "values " + ", ".join(
        "(" + ", ".join(f"'{one}'" if isinstance(one, str) else str(one) for one in row) + ")" for row in rows
    )


def every_city_is_there(title_zh: str, cities: tuple[str, ...]) -> list[Expectation]:
    """Rule that the table speaks of exactly these cities; none where there are none."""
    if not cities:
        return []
    query = (
        "select coalesce(expected.city_code, found.city_code) as city_code"
        f" from ({values((city,) for city in cities)}) as expected (city_code)"
        " full join (select distinct city_code from {batch}) as found on expected.city_code = found.city_code"
        " where expected.city_code is null or found.city_code is null"
    )
    return [none_of("every_city_is_there", title_zh, ", ".join(cities), query)]
