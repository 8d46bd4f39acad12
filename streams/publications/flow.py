"""Where every event went: the reconciliation of a topic, carried on into cases and the last publication."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.books.state import Reconciliation, reconcile
from streams.builds.build import data_version, project_hash
from streams.builds.runs import find_run, wap_schema
from streams.contracts.registry import Contract, contracts
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import psycopg

CASES = "fct_case"

MARTS = {
    "camera.detection": "fct_detection",
    "camera.device": "fct_device_day",
    "department.record": "fct_record",
    "hotline.call": "fct_call",
    "sign.observation": "fct_sign_observation",
}
"""Source without cases -> the mart that accounts for each of its events (`events_count`), as CASES does for cases."""


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
            in_marts = information_only = published = None
            if newest is not None:
                schema, source = wap_schema(newest[1]), contract.source_key
                in_marts = events_in_marts(connection, schema, contract)
                if contract.is_case_topic:
                    only = "source = %s and is_information_only"
                    information_only = _events(connection, f"{schema}.{CASES}", only, source)
                    published = _events(connection, "published.current_source_summary", "source = %s", source)
            result[topic] = Flow(books[topic], in_marts, information_only, published)
    return result


def events_in_marts(connection: psycopg.Connection[Any], schema: str, contract: Contract) -> int | None:
    """Events of the topic that the marts in `schema` account for; None where a later build has dropped them."""
    if contract.is_case_topic:
        return _events(connection, f"{schema}.{CASES}", "source = %s", contract.source_key)
    return _events(connection, f"{schema}.{MARTS[contract.source_key]}", "true")


def is_published(settings: Settings) -> bool:
    """Whether the newest publication was made from all that has landed, by the models as they stand."""
    with connect(settings, "owner") as connection:
        row = connection.execute("select run_id, data_version from published.current_publication").fetchone()
        if row is None or json.loads(row[1]) != data_version(connection):
            return False
    build = find_run(settings, row[0], "build")
    return (
        build is not None
        and build.detail.get("as_of_utc") is None
        and build.detail.get("project_hash") == project_hash()
    )


def _events(connection: psycopg.Connection[Any], relation: str, where: str, *parameters: str) -> int | None:
    """Events that the relation's rows account for; None where a later build has dropped it."""
    if not one_row(connection, "select to_regclass(%s) is not null", [relation])[0]:
        return None
    query = f"select coalesce(sum(events_count), 0) from {relation} where {where}"
    return int(one_row(connection, query, parameters)[0])
