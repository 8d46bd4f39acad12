"""Where every event went: the reconciliation of a topic, carried on into cases and the last publication."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import contracts
from streams.settings import Settings
from streams.warehouse.build import data_version, project_hash
from streams.warehouse.connection import connect, one_row
from streams.warehouse.ledger import Reconciliation, reconcile
from streams.warehouse.runs import find_run, wap_schema

if TYPE_CHECKING:
    import psycopg

CASES, DETECTIONS = "fct_case", "fct_detection"
"""Marts that account for every event of a topic (`events_count`)."""


@dataclass(frozen=True)
class Flow:
    """Events of one topic at each step; None where that step holds no rows of it (yet).

    Information-only calls ask for nothing: they are in the marts and not among the published cases.
    """

    books: Reconciliation
    in_cases: int | None
    information_only: int | None
    published: int | None

    @property
    def is_balanced(self) -> bool:
        """No event was lost or counted twice on the whole way."""
        return (
            self.books.is_balanced
            and self.in_cases in (None, self.books.in_raw)
            and (
                self.in_cases is None
                or self.published is None
                or self.in_cases == self.published + (self.information_only or 0)
            )
        )


def flows(settings: Settings) -> dict[str, Flow]:
    """Topic -> Flow. Marts and publication are those of the newest publication: None before the first one."""
    books = reconcile(settings)
    with connect(settings, "owner") as connection:
        newest = connection.execute("select publication_id, run_id from published.current_publication").fetchone()
        result = {}
        for topic, contract in contracts().items():
            in_cases = information_only = published = None
            if newest is not None and contract.is_case_topic:
                mart, source = f"{wap_schema(newest[1])}.{CASES}", contract.source_key
                in_cases = _events(connection, mart, "source = %s", source)
                information_only = _events(connection, mart, "source = %s and is_information_only", source)
                published = _events(connection, "published.current_case_fact", "source = %s", source)
            elif newest is not None:
                in_cases = _events(connection, f"{wap_schema(newest[1])}.{DETECTIONS}", "true")
            result[topic] = Flow(books[topic], in_cases, information_only, published)
    return result


def is_published(settings: Settings) -> bool:
    """Whether the newest publication was made from all that has landed, by the models as they stand."""
    with connect(settings, "owner") as connection:
        row = connection.execute("select run_id, data_version from published.current_publication").fetchone()
        if row is None or json.loads(row[1]) != data_version(connection):
            return False
    build = find_run(settings, row[0], "build")
    return build is not None and build.detail.get("project_hash") == project_hash()


def _events(connection: psycopg.Connection[Any], relation: str, where: str, *parameters: str) -> int | None:
    """Events that the relation's rows account for; None where a later build has dropped it."""
    if not one_row(connection, "select to_regclass(%s) is not null", [relation])[0]:
        return None
    query = f"select coalesce(sum(events_count), 0) from {relation} where {where}"
    return int(one_row(connection, query, parameters)[0])
