"""What dbt's data tests found in a build, told by city and source: one city's fault is no other city's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.errors import CityBrainError

if TYPE_CHECKING:
    import psycopg

    from streams.builds.dbt import FailedTest

DAYS = (
    "received_on",
    "received_month",
    "period_start",
    "day",
    "offered_on",
    "detected_on",
    "observed_on",
    "planned_on",
    "event_at_utc",
)
"""Columns that say when a faulty row was, the best first."""


@dataclass(frozen=True)
class Fault:
    """Rows of one city and source that break a data test. `source` is empty where the rows name none.

    `first_day`, `last_day`: ISO dates of the rows, empty where they have none.
    """

    rule: str
    city_code: str
    source: str
    rows: int
    first_day: str
    last_day: str

    def __str__(self) -> str:
        days = f", {self.first_day} to {self.last_day}" if self.first_day else ""
        return f"{self.city_code}{f'/{self.source}' if self.source else ''}: {self.rows} rows{days}"


@dataclass(frozen=True)
class Held:
    """What the gate holds back: the rows of a city and source, of all its sources where `source` is empty."""

    city_code: str
    source: str
    reason_zh: str


def attributed(connection: psycopg.Connection[Any], failed: tuple[FailedTest, ...]) -> list[Fault]:
    """Faults of each failed test by city and source.

    Raises CityBrainError for a test whose rows name no city: then the models are wrong, not a city's data.
    """
    found: list[Fault] = []
    for test in failed:
        faults = _faults(connection, test)
        if not faults or any(not one.city_code for one in faults):
            raise CityBrainError(
                f"data test {test.name} failed, so nothing was built to be published",
                why="; ".join(map(str, faults)) or test.message,
                remedy="mend the model or its test, then build again; no city's data alone can cause this",
            )
        found += faults
    return found


def _faults(connection: psycopg.Connection[Any], test: FailedTest) -> list[Fault]:
    cursor = connection.execute(f"select * from ({test.sql}) as failing limit 0")
    columns = [column.name for column in cursor.description or ()]
    if "city_code" not in columns:
        return []
    source = "''"
    if "source" in columns:
        source = "coalesce(source, '')"
    elif "event_type" in columns:  # a row of the event log: its type is `city.<source>.<stage>.v<n>`
        source = "coalesce(substring(event_type from '^city\\.(.*)\\.[^.]*\\.v[0-9]+$'), '')"
    day = next((one for one in DAYS if one in columns), None)
    days = f"min({day})::date::text, max({day})::date::text" if day else "null, null"
    rows = connection.execute(
        f"select coalesce(city_code, ''), {source}, count(*), {days} from ({test.sql}) as failing"
        " group by 1, 2 order by 1, 2"
    ).fetchall()
    return [Fault(test.name, city, where, n, first or "", last or "") for city, where, n, first, last in rows]
