"""The static chain dashboard -> chart -> dataset -> published contract -> column; needs no running Superset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import sqlglot
import sqlglot.errors
from sqlglot import expressions

from streams.dashboards import render
from streams.dashboards.written import Room, Yaml


def check(room: Room) -> list[str]:
    """What breaks the chain, one sentence per fault (empty = whole)."""
    return [
        *_database_faults(room),
        *(fault for view in room.semantics for fault in _dataset_faults(room, view)),
        *(fault for name, chart in room.all_charts.items() for fault in _chart_faults(room, name, chart)),
        *(fault for name in room.looks["filters"] for fault in _filter_faults(room, name)),
        *(fault for name in room.dashboards for fault in _dashboard_faults(room, name)),
        *_place_faults(room),
        *_access_faults(room),
    ]


def _database_faults(room: Room) -> Iterator[str]:
    if "@" in room.database.get("sqlalchemy_uri", "") or "password" in room.database:
        yield "the database holds a login; it comes from CITYBRAIN_READER_URL at apply time"
    if room.database.get("allow_dml") is not False or room.database.get("allow_ctas") is not False:
        yield "the database must say allow_dml: false and allow_ctas: false"


def _dataset_faults(room: Room, view: str) -> Iterator[str]:
    columns, metrics = render.columns(room, view), render.metrics(room, view)
    for names in ([_label(part) for part in columns], [_label(part) for part in metrics]):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"dataset {view}: {name} is there twice"
    for part in (*columns, *metrics):
        if not part.get("verbose_name"):
            yield f"dataset {view}: {_label(part)} has no Chinese name"
        if "expression" not in part:
            continue
        try:
            used = columns_of(part["expression"])
        except sqlglot.errors.SqlglotError as error:
            yield f"dataset {view}: {_label(part)} is not SQL: {str(error).splitlines()[0]}"
            continue
        for column in sorted(used - set(room.views[view])):
            yield f"dataset {view}: {_label(part)} uses {column}, no such column"
        for reckoning in sorted(reckonings_of(part["expression"])):
            yield f"dataset {view}: {_label(part)} reckons with {reckoning}; a rate is the catalogue's, as published"


def _label(part: Yaml) -> str:
    return str(part.get("column_name") or part.get("metric_name"))


def columns_of(sql: str) -> set[str]:
    """Names of the columns that an expression of PostgreSQL reads."""
    return {column.name for column in _parsed(sql).find_all(expressions.Column)}


@cache
def _parsed(sql: str) -> expressions.Expr:
    return sqlglot.parse_one(sql, read="postgres")


RECKONING = (
    expressions.Div, expressions.IntDiv, expressions.Mod, expressions.Mul, expressions.Avg, expressions.PercentileCont,
    expressions.PercentileDisc,
)  # fmt: skip
"""What makes a ratio, a share or a mean; the published door alone does that."""


def reckonings_of(sql: str) -> set[str]:
    """Names of the operations in an expression by which a chart would make a figure of its own."""
    return {node.key for node in _parsed(sql).find_all(*RECKONING)}


def _chart_faults(room: Room, name: str, chart: Yaml) -> Iterator[str]:
    view = chart["dataset"]
    if view not in room.semantics:
        yield f"chart {name} reads {view}, which superset/semantics does not describe"
        return
    for kind, key in (("looks", "look"), ("cells", "cells")):
        if chart.get(key, "") not in ("", *room.looks[kind]):
            yield f"chart {name} has {key} {chart[key]}, which looks.yaml does not know"
            return
    params = render.params(room, chart)
    for key in (key for key in SHARES if params.get(key)):
        yield f"chart {name} says {key}: Superset would reckon a share of its own"
    for key in sorted(set(chart.get("params", {})) & set(WRITTEN_ELSEWHERE)):
        yield f"chart {name} says {key} under params; its file has a word of its own for that"
    columns = {part["column_name"] for part in render.columns(room, view)}
    for column in sorted(_columns_used(room, chart) - columns):
        yield f"chart {name} uses column {column}, which {view} has not"
    for column in sorted(set(chart.get("unfiltered", ())) - columns):
        yield f"chart {name} is unfiltered by {column}, which {view} has not"
    metrics = {part["metric_name"] for part in render.metrics(room, view)}
    for metric in sorted(_metrics_used(chart) - metrics):
        yield f"chart {name} uses metric {metric}, which {view} has not"
    for column in sorted({column for rule in chart.get("colours", ()) for column in rule["columns"]}):
        if column not in columns | metrics:
            yield f"chart {name} colours {column}, which {view} has not"


COLUMN_LISTS = ("groupby", "all_columns", "columns", "js_columns", "groupbyRows", "groupbyColumns")
WRITTEN_ELSEWHERE = ("adhoc_filters", "metrics", "metric", "conditional_formatting", "color_breakpoints", "viz_type")
"""Parameters that have a word of their own in a chart's file, which is checked; under `params` they would not be."""

SHARES = (
    "percent_metrics", "contributionMode", "show_percentage", "showTooltipPercentage", "showTooltipTotal",
    "rolling_type", "comparison_suffix", "time_compare",
)  # fmt: skip
"""Parameters by which Superset makes figures that no publication holds."""


def _columns_used(room: Room, chart: Yaml) -> set[str]:
    """Columns that a chart reads; one that is made up on the spot, in SQL, is told by its label."""
    params: Yaml = chart.get("params", {})
    found = [params.get(key) for key in ("line_column", "x_axis", "granularity_sqla")]
    found += [item for key in COLUMN_LISTS for item in params.get(key) or ()]
    found += [item["column_name"] for item in params.get("tooltip_contents", ()) if item["item_type"] == "column"]
    return set(render.conditions(room, chart)) | _names(found)


def _metrics_used(chart: Yaml) -> set[str]:
    """Metrics that a chart reads; only those of its dataset have a name, an ad-hoc one is told by its label."""
    return _names([*chart.get("metrics", ()), chart.get("params", {}).get("timeseries_limit_metric")])


def _names(items: Iterable[Any]) -> set[str]:
    return {item if isinstance(item, str) else str(item.get("label")) for item in items if item}


CHARTS_AT_MOST = 15
"""Of one board: more can't be read, nor drawn at once."""


def _dashboard_faults(room: Room, board: str) -> Iterator[str]:
    written = room.dashboards[board]
    placed = _placed(room, board)
    for name in sorted(set(placed) - set(room.all_charts)):
        yield f"dashboard {board} shows {name}, no such chart"
    for name in sorted({name for name in placed if placed.count(name) > 1}):
        yield f"dashboard {board} shows {name} twice"
    if len(placed) > CHARTS_AT_MOST:
        yield f"dashboard {board} has {len(placed)} charts, more than {CHARTS_AT_MOST}"
    for number, row in enumerate(written["rows"], 1):
        if (width := sum(part["width"] for part in row)) != 12:
            yield f"dashboard {board}: row {number} is {width} wide, not 12"
    for part in render.parts(written["rows"]):
        if "legend" in part and "steps" not in room.all_charts.get(part["legend"], {}):
            yield f"dashboard {board} has a legend of {part['legend']}, a chart without steps"
    above: set[str] = set()
    for name in written["filters"]:
        if name not in room.looks["filters"]:
            yield f"dashboard {board} has filter {name}, which looks.yaml does not know"
            continue
        one = room.looks["filters"][name]
        for column in sorted(set(one.get("within", ())) - above):
            yield f"dashboard {board}: filter {one['name']} follows {column}, no filter before it"
        above.add(one["column"])
        if one["dataset"] in room.semantics and not _reached(room, name, placed):
            yield f"dashboard {board}: filter {one['name']} reaches no chart"


def _placed(room: Room, board: str) -> list[str]:
    return [part["chart"] for part in render.parts(room.dashboards[board]["rows"]) if "chart" in part]


def _reached(room: Room, name: str, placed: Iterable[str]) -> bool:
    known = [chart for chart in placed if room.all_charts.get(chart, {}).get("dataset") in room.semantics]
    return any(render.reaches(room, name, chart) for chart in known)


def _place_faults(room: Room) -> Iterator[str]:
    placed = {name for board in room.dashboards for name in _placed(room, board)}
    for name in sorted(set(room.all_charts) - placed):
        yield f"chart {name} is on no dashboard"
    for board in sorted(set(room.charts) - set(room.dashboards)):
        yield f"charts/{board} is the folder of no dashboard"


def _filter_faults(room: Room, name: str) -> Iterator[str]:
    one = room.looks["filters"][name]
    label, view = f"filter {one['name']}", one["dataset"]
    if view not in room.semantics:
        yield f"{label} asks {view}, which superset/semantics does not describe"
        return
    if one["column"] not in {part["column_name"] for part in render.columns(room, view)}:
        yield f"{label} uses column {one['column']}, no such column"
    if one["first_by"] not in {part["metric_name"] for part in render.metrics(room, view)}:
        yield f"{label} sorts by metric {one['first_by']}, no such metric"


def _access_faults(room: Room) -> Iterator[str]:
    for name in sorted(set(room.dashboards) ^ set(room.access)):
        yield f"dashboard {name} is not in both superset/dashboards and semantics/dashboards.yaml, who sees what"
    for name, entry in room.access.items():
        if not entry.get("roles"):
            yield f"dashboard {name} has no role that may open it"
    first = [user for entry in room.access.values() for user in entry.get("first_page_of", ())]
    for user in sorted({user for user in first if first.count(user) > 1}):
        yield f"user {user} has two first pages"
