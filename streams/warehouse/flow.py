"""Where every event went: the reconciliation of a topic, carried on into cases and the last publication."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import contracts
from streams.settings import Settings
from streams.warehouse.build import data_version
from streams.warehouse.connection import connect, one_row
from streams.warehouse.ledger import Reconciliation, reconcile
from streams.warehouse.runs import wap_schema
from streams.warehouse.version import code_version

if TYPE_CHECKING:
    import psycopg

CASES, DETECTIONS = "fct_case", "fct_detection"
"""Marts that account for every event of a topic (`events_count`)."""


@dataclass(frozen=True)
class Flow:
    """Events of one topic at each step; None where that step holds no rows of it (yet)."""

    books: Reconciliation
    in_cases: int | None
    published: int | None

    @property
    def is_balanced(self) -> bool:
        """No event was lost or counted twice on the whole way."""
        return (
            self.books.is_balanced
            and self.in_cases in (None, self.books.in_raw)
            and self.published in (None, self.in_cases)
        )


def flows(settings: Settings) -> dict[str, Flow]:
    """Topic -> Flow. Marts and publication are those of the newest publication: None before the first one."""
    books = reconcile(settings)
    with connect(settings, "owner") as connection:
        newest = connection.execute("select publication_id, run_id from published.current_publication").fetchone()
        result = {}
        for topic, contract in contracts().items():
            in_cases = published = None
            if newest is not None:
                mart = f"{wap_schema(newest[1])}.{CASES if contract.is_case_topic else DETECTIONS}"
                if one_row(connection, "select to_regclass(%s) is not null", [mart])[0]:
                    in_cases = _events(connection, mart, *([contract.source_key] if contract.is_case_topic else []))
                if contract.is_case_topic:
                    published = _events(connection, "published.current_case_fact", contract.source_key)
            result[topic] = Flow(books[topic], in_cases, published)
    return result


def is_published(settings: Settings) -> bool:
    """Whether the newest publication was made from all that has landed, by the code that is running."""
    with connect(settings, "owner") as connection:
        row = connection.execute("select data_version, code_version from published.current_publication").fetchone()
        return row is not None and (json.loads(row[0]), row[1]) == (data_version(connection), code_version())


def _events(connection: psycopg.Connection[Any], relation: str, *source: str) -> int:
    where = " where source = %s" if source else ""
    return int(one_row(connection, f"select coalesce(sum(events_count), 0) from {relation}{where}", source)[0])
