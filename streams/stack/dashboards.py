"""Dashboards as code: render datasets from the published contracts, check the chain, apply to Superset.

`superset/semantics/*.yaml` is written by hand: one file per view of schema `published`, with its calculated
columns and metrics. `superset/assets/datasets` is rendered from it and from the contracts of the columns.
`superset/assets/{databases,charts,dashboards}` is written by hand; a file's name decides its uuid.
"""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from streams.contracts import registry
from streams.contracts.published import published_tables
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

ROOM = CHECKOUT / "superset"
DATABASE = "citybrain"
SCHEMA = "published"
RENDERED_NOTE = "# Rendered by `citybrain dashboards render`; edit superset/semantics or the contract instead.\n"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dashboards.citybrain")
_SUPERSET_TYPES = {
    "text": "TEXT",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double precision": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITHOUT TIME ZONE",
}
MINIMUM_CHARTS = 8


def asset_uuid(kind: str, name: str) -> str:
    """The fixed uuid of an asset; kind is databases, datasets, charts or dashboards, name its file's stem."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


# Rendering ---------------------------------------------------------------------------------------------------


def published_views(room: Path = ROOM) -> dict[str, dict[str, tuple[str, str]]]:
    """View of schema `published` that a dashboard may read -> column -> (contract type, description)."""
    views = {
        f"current_{table.name}": {column.name: (column.data_type, column.description) for column in table.columns}
        for table in published_tables()
    }
    health = _read(room / "semantics" / "data_health.yaml")["physical"]
    views["data_health"] = {name: (data_type, description) for name, (data_type, description) in health.items()}
    return views


def render(room: Path = ROOM) -> dict[Path, str]:
    """Every rendered dataset file with its text; raises CityBrainError where a semantics file can't be right."""
    views = published_views(room)
    rendered = {}
    for path in sorted((room / "semantics").glob("*.yaml")):
        if path.stem not in views:
            raise CityBrainError(
                f"{path.name} describes no view of schema {SCHEMA}",
                why=f"the contracts promise {', '.join(sorted(views))}",
                remedy="rename the file to the view it describes, or add the contract",
            )
        dataset = _dataset(path.stem, views[path.stem], _read(path))
        text = yaml.safe_dump(dataset, allow_unicode=True, sort_keys=False, width=110)
        rendered[room / "assets" / "datasets" / DATABASE / path.name] = RENDERED_NOTE + text
    return rendered


def write_rendered(room: Path = ROOM) -> list[Path]:
    """Write what `render` gives; returns the files that changed."""
    changed = []
    for path, text in render(room).items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            changed.append(path)
    return changed


def _dataset(view: str, columns: Mapping[str, tuple[str, str]], semantics: Mapping[str, Any]) -> dict[str, Any]:
    calculated = [dict(column) for column in semantics.get("columns", ())]
    if "city_code" in columns and "city_name_zh" not in columns:
        calculated.insert(
            0,
            {
                "column_name": "city_name_zh",
                "verbose_name": "城市",
                "type": "text",
                "expression": "city_name{}",
            },
        )
    metrics = [dict(metric) for metric in semantics.get("metrics", ())]
    family = semantics.get("per_indicator", {"indicators": {}})
    for indicator, name in family["indicators"].items():
        words = {"{id}": indicator.lower(), "{ID}": indicator, "{name}": name}
        for template in family["metrics"]:
            metrics.append({key: _replace(value, words) for key, value in template.items()})
    return {
        "table_name": view,
        "schema": SCHEMA,
        "description": semantics["title"],
        "main_dttm_col": semantics.get("main_dttm_col"),
        "uuid": asset_uuid("datasets", view),
        "database_uuid": asset_uuid("databases", DATABASE),
        "version": "1.0.0",
        "filter_select_enabled": True,
        "columns": [
            {
                "column_name": name,
                "verbose_name": re.split("[：。，（；]", description, maxsplit=1)[0],
                "description": description,
                "type": _SUPERSET_TYPES[data_type],
                "is_dttm": data_type in ("date", "timestamp"),
                "groupby": True,
                "filterable": True,
            }
            for name, (data_type, description) in columns.items()
        ]
        + [
            {
                **column,
                "type": _SUPERSET_TYPES[column["type"]],
                "expression": _sql(column["expression"]),
                "groupby": True,
                "filterable": True,
            }
            for column in calculated
        ],
        "metrics": [{**metric, "expression": _sql(metric["expression"])} for metric in metrics],
    }


_OF_INDICATOR = {
    "n_of": "sum(n) {of}",
    "sum_of": "sum(value) {of}",
    "numerator_of": "sum(numerator) {of}",
    "denominator_of": "sum(denominator) {of}",
    "rate_of": "sum(numerator) {of} / nullif(sum(denominator) {of}, 0)",
    "is_na": "coalesce(bool_or(na_reason in ('no_time_limit', 'no_callbacks', 'no_grids')) {of}, true)",
    "text_of": "case when bool_or(na_reason in ('no_time_limit', 'no_callbacks', 'no_grids')) {of} then '不适用'"
    " when bool_or(suppressed) {of} then '隐去'"
    " else coalesce(rate_zh{sum(numerator) {of} / nullif(sum(denominator) {of}, 0)}, '—') end",
}
"""Word of the semantics files -> SQL over the rows of one indicator: `text_of{R02}` is 93.1%, 隐去, 不适用 or —."""

_OF_VALUE = {
    "local": "((<x> at time zone 'UTC') at time zone {zone})",
    "rate_zh": "(to_char(100 * (<x>), 'FM990.0') || '%')",
    "count_zh": "(case when (<x>) >= 100000000 then to_char((<x>) / 100000000.0, 'FM999990.00') || '亿'"
    " when (<x>) >= 10000 then to_char((<x>) / 10000.0, 'FM999990.00') || '万' else to_char(<x>, 'FM9,990') end)",
}
"""Word of the semantics files -> SQL over one expression: city time of a UTC column, percent, Chinese count."""


def _sql(template: str) -> str:
    """The SQL that an expression of the semantics files stands for."""
    sql = " ".join(template.split())
    for word, meaning in _OF_INDICATOR.items():
        for indicator in set(re.findall(rf"\b{word}\{{(\w+)\}}", sql)):
            condition = f"filter (where indicator_id = '{indicator}')"
            sql = sql.replace(f"{word}{{{indicator}}}", meaning.replace("{of}", condition))
    for word, meaning in _OF_VALUE.items():
        for value in set(re.findall(rf"\b{word}\{{([^{{}}]*)\}}", sql)):
            sql = sql.replace(f"{word}{{{value}}}", meaning.replace("<x>", value))
    choices = {
        "{zone}": _case("city_code", {city.city_code: city.time_zone for city in registry.cities().values()}),
        # The coarsest area level below the city itself: streets where there are any, else communities.
        "comparison_level{}": _case(
            "city_code", {city.city_code: city.area_levels[-2] for city in registry.cities().values()}
        ),
        "headline_indicator{}": _case(
            "city_code",
            {city.city_code: "T03a" if city.has_time_limits else "T04b" for city in registry.cities().values()},
        ),
        "source_name{}": _case(
            "source", {_source(item.topic): item.title_zh for item in registry.contracts().values()}
        ),
        "city_name{}": _case("city_code", {city.city_code: city.name_zh for city in registry.cities().values()}),
    }
    return _replace(sql, choices)


def _source(topic: str) -> str:
    """`hotline.ticket` of `city.hotline.ticket.v1`."""
    return re.sub(r"^city\.|\.v\d+$", "", topic)


def _case(column: str, names: Mapping[str, str]) -> str:
    """A CASE over contract files, so that a dashboard needs no join to say what a city or source is called."""
    return f"(case {column} " + " ".join(f"when '{key}' then '{name}'" for key, name in names.items()) + " end)"


def _replace(text: str, words: Mapping[str, str]) -> str:
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    return text


# The static chain: dashboard -> chart -> dataset -> published contract -> column -----------------------------


@dataclass(frozen=True)
class Assets:
    """The YAML of `superset/assets` by file stem."""

    databases: dict[str, dict[str, Any]]
    datasets: dict[str, dict[str, Any]]
    charts: dict[str, dict[str, Any]]
    dashboards: dict[str, dict[str, Any]]


def read_assets(room: Path = ROOM) -> Assets:
    """Read every asset; raises CityBrainError for a file that isn't a YAML mapping, or a stem used twice."""
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for kind in ("databases", "datasets", "charts", "dashboards"):
        kinds[kind] = {}
        for path in sorted((room / "assets" / kind).rglob("*.yaml")):
            if path.stem in kinds[kind]:
                raise CityBrainError(f"two {kind} are called {path.stem}", remedy="rename one of the files")
            kinds[kind][path.stem] = _read(path)
    return Assets(**kinds)


def check(room: Path = ROOM) -> list[str]:
    """What breaks the chain, one sentence per fault (empty = whole); needs no running Superset."""
    assets = read_assets(room)
    return [
        *_stale(room),
        *_identity(assets),
        *_database_faults(assets),
        *_dataset_faults(assets, room),
        *_chart_faults(assets),
        *_dashboard_faults(assets),
    ]


def _stale(room: Path) -> Iterable[str]:
    rendered = render(room)
    for path, text in rendered.items():
        if not path.exists() or path.read_text() != text:
            yield f"{path.name} is not what the contracts render; run `citybrain dashboards render`"
    for path in sorted((room / "assets" / "datasets").rglob("*.yaml")):
        if path not in rendered:
            yield f"dataset {path.name} has no file in superset/semantics; delete it or describe it there"


def _identity(assets: Assets) -> Iterable[str]:
    for kind in ("databases", "datasets", "charts", "dashboards"):
        for name, asset in getattr(assets, kind).items():
            if asset.get("uuid") != asset_uuid(kind, name):
                yield f"{kind}/{name} must have uuid {asset_uuid(kind, name)}, which follows from its name"


def _database_faults(assets: Assets) -> Iterable[str]:
    for name, database in assets.databases.items():
        if "@" in database.get("sqlalchemy_uri", "") or "password" in database:
            yield f"database {name} holds a login; it comes from CITYBRAIN_READER_URL at apply time"
        if database.get("allow_dml") is not False or database.get("allow_ctas") is not False:
            yield f"database {name} must say allow_dml: false and allow_ctas: false"


def _dataset_faults(assets: Assets, room: Path) -> Iterable[str]:
    views = published_views(room)
    for name, dataset in assets.datasets.items():
        if dataset.get("sql"):
            yield f"dataset {name} is virtual; dashboards read views of schema {SCHEMA} only"
        if dataset.get("schema") != SCHEMA or dataset.get("table_name") not in views:
            yield f"dataset {name} reads {dataset.get('schema')}.{dataset.get('table_name')}, promised by no contract"
            continue
        physical = {column["column_name"] for column in dataset["columns"] if not column.get("expression")}
        promised = set(views[dataset["table_name"]])
        for column in sorted(physical ^ promised):
            yield f"dataset {name}: column {column} is not in both the dataset and the contract"
        known = physical & promised
        for part in (*dataset["columns"], *dataset["metrics"]):
            label = part.get("column_name") or part.get("metric_name")
            if not part.get("verbose_name"):
                yield f"dataset {name}: {label} has no Chinese name"
            for word in sorted(_identifiers(part.get("expression") or "") - known):
                yield f"dataset {name}: {label} uses {word}, no such column"


def _chart_faults(assets: Assets) -> Iterable[str]:
    by_uuid = {dataset["uuid"]: dataset for dataset in assets.datasets.values()}
    if len(assets.charts) < MINIMUM_CHARTS:
        yield f"only {len(assets.charts)} charts; the overview promises at least {MINIMUM_CHARTS}"
    for name, chart in assets.charts.items():
        dataset = by_uuid.get(chart.get("dataset_uuid", ""))
        if dataset is None:
            yield f"chart {name} points to a dataset that is not there"
            continue
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        for column in sorted(_chart_columns(chart["params"]) - columns):
            yield f"chart {name} uses column {column}, which {dataset['table_name']} has not"
        for metric in sorted(_chart_metrics(chart["params"]) - metrics):
            yield f"chart {name} uses metric {metric}, which {dataset['table_name']} has not"
        if "viz_type" in chart["params"] and chart["params"]["viz_type"] != chart["viz_type"]:
            yield f"chart {name} says two viz_types"


def _dashboard_faults(assets: Assets) -> Iterable[str]:
    charts = {chart["uuid"]: name for name, chart in assets.charts.items()}
    datasets = {dataset["uuid"]: dataset for dataset in assets.datasets.values()}
    placed: set[str] = set()
    for name, dashboard in assets.dashboards.items():
        position = dashboard["position"]
        children = {child for part in position.values() if isinstance(part, dict) for child in part.get("children", ())}
        for key, part in position.items():
            if not isinstance(part, dict):
                continue
            for child in part.get("children", ()):
                if child not in position:
                    yield f"dashboard {name}: {key} holds {child}, which is not there"
            if key not in children and part["type"] not in ("ROOT", "HEADER"):
                yield f"dashboard {name}: {key} is placed nowhere"
        chart_ids = []
        for key, part in position.items():
            if not isinstance(part, dict) or part["type"] != "CHART":
                continue
            chart_ids.append(part["meta"]["chartId"])
            if part["meta"]["uuid"] not in charts:
                yield f"dashboard {name}: {key} shows a chart that is not there"
            placed.add(part["meta"]["uuid"])
        if len(set(chart_ids)) != len(chart_ids):
            yield f"dashboard {name}: a chartId is used twice"
        for native in dashboard["metadata"].get("native_filter_configuration", ()):
            label = f"dashboard {name}: filter {native['name']}"
            for target in native["targets"]:
                dataset = datasets.get(target["datasetUuid"])
                if dataset is None:
                    yield f"{label} asks a dataset that is not there"
                    continue
                if target["column"]["name"] not in {column["column_name"] for column in dataset["columns"]}:
                    yield f"{label} uses column {target['column']['name']}, no such column"
                metric = native.get("sortMetric")
                if metric and metric not in {item["metric_name"] for item in dataset["metrics"]}:
                    yield f"{label} sorts by metric {metric}, no such metric"
            for excluded in native["scope"].get("excluded", ()):
                if excluded not in chart_ids:
                    yield f"{label} excludes chartId {excluded}, which is not there"
    for lost in sorted(set(charts) - placed):
        yield f"chart {charts[lost]} is on no dashboard"


def _chart_columns(params: Mapping[str, Any]) -> set[str]:
    """Names of dataset columns that a chart's params read."""
    found = {params[key] for key in ("line_column", "x_axis", "granularity_sqla") if isinstance(params.get(key), str)}
    for key in ("groupby", "all_columns", "columns", "js_columns", "groupbyRows", "groupbyColumns"):
        found |= {item for item in params.get(key) or () if isinstance(item, str)}
    for condition in params.get("adhoc_filters") or ():
        if condition["expressionType"] == "SIMPLE":
            found.add(condition["subject"])
        else:
            found |= _identifiers(condition["sqlExpression"])
    found |= {item["column_name"] for item in params.get("tooltip_contents") or () if item["item_type"] == "column"}
    return found


def _chart_metrics(params: Mapping[str, Any]) -> set[str]:
    """Names of saved metrics that a chart's params read; an ad-hoc metric is reported as its label."""
    found = [*(params.get("metrics") or ()), *(params.get(key) for key in ("metric", "timeseries_limit_metric"))]
    return {item if isinstance(item, str) else str(item.get("label")) for item in found if item}


_SQL_WORDS = frozenset(
    {"and", "or", "not", "in", "is", "null", "true", "false", "case", "when", "then", "else", "end", "as", "cast"}
    | {"filter", "where", "from", "distinct", "order", "by", "desc", "asc", "between", "at", "time", "zone", "text"}
    | {"sum", "count", "min", "max", "bool_or", "coalesce", "nullif", "concat", "string_agg"}
    | {"to_char", "lpad", "extract", "epoch"}
)
"""Keywords and functions that expressions use. A new one is added here on purpose: anything else is a column."""


def _identifiers(sql: str) -> set[str]:
    """Column names that an expression reads: its words, without strings, numbers, keywords and functions."""
    bare = re.sub(r"'(?:[^']|'')*'", " ", sql)
    return {word for word in re.findall(r"[A-Za-z_][A-Za-z_0-9]*", bare) if word.lower() not in _SQL_WORDS}


# Applying ----------------------------------------------------------------------------------------------------


def apply(settings: Settings) -> str:
    """Check, then import everything into the running Superset's metadata; returns its one-line summary."""
    from streams.stack import superset

    faults = check()
    if faults:
        raise CityBrainError(
            "the dashboards don't hold together",
            why="; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else ""),
            remedy="run `citybrain dashboards check` for all of them",
        )
    done = subprocess.run(
        [str(superset.PYTHON), str(CHECKOUT / "infra" / "superset" / "apply_assets.py"), str(ROOM / "assets")],
        env=superset.environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CityBrainError(
            "Superset did not take the dashboards",
            why=_last_words(done.stderr) or f"exit code {done.returncode}",
            remedy="`citybrain status` shows whether Superset and PostgreSQL run; the last good dashboards stay",
        )
    return done.stdout.strip().splitlines()[-1]


def _last_words(log: str) -> str:
    """What apply_assets.py said; else the last line, which is the error's own when it ended in a traceback."""
    _, mark, message = log.strip().rpartition("apply_assets: ")
    return message if mark else log.strip().rpartition("\n")[2]


def _read(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise CityBrainError(f"{path.name} is not YAML", why=str(error)) from None
    if not isinstance(loaded, dict):
        raise CityBrainError(f"{path.name} is not a mapping", remedy="start it with `key: value` lines")
    return loaded
