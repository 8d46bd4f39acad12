"""What Superset imports, rendered from the written files; every uuid follows from a name, every number from a place."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streams.dashboards.written import Room, Yaml

DATABASE = "citybrain"
SCHEMA = "published"
VERSION = "1.0.0"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dashboards.citybrain")
_TYPES = {
    "text": "TEXT",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double precision": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITHOUT TIME ZONE",
}


def asset_uuid(kind: str, name: str) -> str:
    """The uuid of an asset for ever; kind is databases, datasets, charts or dashboards."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


def render(room: Room) -> dict[str, Yaml]:
    """Path of each file that Superset imports (`charts/overview/trend.yaml`) -> its content."""
    files: dict[str, Yaml] = {
        "metadata.yaml": {"version": VERSION, "timestamp": "2026-11-22T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": room.database | _identity("databases", DATABASE),
    }
    for view in room.semantics:
        files[f"datasets/{DATABASE}/{view}.yaml"] = _dataset(room, view)
    for board, charts in room.charts.items():
        for name, chart in charts.items():
            files[f"charts/{board}/{name}.yaml"] = _chart(room, name, chart)
    for name in room.dashboards:
        files[f"dashboards/{name}.yaml"] = _dashboard(room, name)
    return files


def write(room: Room, folder: Path) -> None:
    """Write what `render` gives into `folder`, and `access.yaml`, which says who sees what."""
    for path, content in {**render(room), "access.yaml": room.access}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110))


def _identity(kind: str, name: str) -> Yaml:
    return {"uuid": asset_uuid(kind, name), "version": VERSION}


# Datasets ----------------------------------------------------------------------------------------------------


def _dataset(room: Room, view: str) -> Yaml:
    semantics = room.semantics[view]
    return {
        "table_name": view,
        "schema": SCHEMA,
        "description": semantics["title"],
        "main_dttm_col": semantics.get("main_dttm_col"),
        **_identity("datasets", view),
        "database_uuid": asset_uuid("databases", DATABASE),
        "filter_select_enabled": True,
        "columns": [
            {**column, "type": _TYPES[column["type"]], "groupby": True, "filterable": True}
            for column in columns(room, view)
        ],
        "metrics": metrics(room, view),
    }


def columns(room: Room, view: str) -> list[Yaml]:
    """The view's own columns and the calculated ones, which have an `expression`."""
    physical = [
        {
            "column_name": name,
            "verbose_name": re.split("[：。，（；]", description, maxsplit=1)[0],
            "description": description,
            "type": kind,
            "is_dttm": kind in ("date", "timestamp"),
        }
        for name, (kind, description) in room.views[view].items()
    ]
    return physical + list(room.semantics[view].get("columns", ()))


def metrics(room: Room, view: str) -> list[Yaml]:
    """Metrics of a dataset: those that its charts share, then those that one chart alone needs."""
    shared = list(room.semantics[view].get("metrics") or ())
    return shared + [
        metric
        for chart in room.all_charts.values()
        if chart["dataset"] == view
        for metric in chart.get("own_metrics", ())
    ]


# Charts ------------------------------------------------------------------------------------------------------


def _chart(room: Room, name: str, chart: Yaml) -> Yaml:
    look = room.looks["looks"][chart["look"]]
    params = {**look, **chart.get("params", {}), "adhoc_filters": list(_filters(room, chart))}
    shown = chart.get("metrics") or [metric["metric_name"] for metric in chart.get("own_metrics", ())]
    if "metric" in look:
        params["metric"] = shown[0]
    else:
        params["metrics"] = shown
    if "colours" in chart:
        params["conditional_formatting"] = [
            {
                "column": column,
                "operator": "=",
                "targetValue": text,
                "colorScheme": rule["colour"],
                "objectFormatting": "TEXT_COLOR",
            }
            for rule in chart["colours"]
            for column in rule["columns"]
            for text in rule["texts"]
        ]
    if "steps" in chart:
        params["color_breakpoints"] = [
            {"id": place, "minValue": step["from"], "maxValue": step["to"], "color": _rgb(step["colour"])}
            for place, step in enumerate(chart["steps"])
        ]
    return {
        "slice_name": chart["title"],
        "description": chart.get("description"),
        "viz_type": look["viz_type"],
        "params": params,
        "cache_timeout": None,
        **_identity("charts", name),
        "dataset_uuid": asset_uuid("datasets", chart["dataset"]),
    }


def conditions(room: Room, chart: Yaml) -> Yaml:
    """Column -> what it must be, of a chart: the cells that it reads and its own `where`."""
    cells = room.looks["cells"][chart["cells"]] if "cells" in chart else {}
    return {**cells, **chart.get("where", {})}


def _filters(room: Room, chart: Yaml) -> Iterator[Yaml]:
    for column, wanted in conditions(room, chart).items():
        found = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column}
        if wanted is True:
            yield {**found, "operator": "IS TRUE", "operatorId": "IS_TRUE"}
        elif isinstance(wanted, list):
            yield {**found, "operator": "IN", "operatorId": "IN", "comparator": wanted}
        elif isinstance(wanted, dict):
            yield {**found, "operator": "!=", "operatorId": "NOT_EQUALS", "comparator": wanted["not"]}
        else:
            yield {**found, "operator": "==", "operatorId": "EQUALS", "comparator": wanted}


def _rgb(colour: str) -> Yaml:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return {"r": red, "g": green, "b": blue, "a": 100}


# Dashboards --------------------------------------------------------------------------------------------------


def _dashboard(room: Room, name: str) -> Yaml:
    written = room.dashboards[name]
    layout = _Layout(room, written["title"])
    layout.add_rows(written["rows"])
    return {
        "dashboard_title": written["title"],
        "description": written["description"],
        "css": "\n".join((room.css.get(name, ""), *layout.css)),
        "slug": name,
        "certified_by": "",
        "certification_details": "",
        "published": True,
        **_identity("dashboards", name),
        "position": layout.position,
        "metadata": {
            "filter_bar_orientation": "HORIZONTAL",
            "cross_filters_enabled": False,
            "native_filter_configuration": [_filter(one, layout.chart_ids) for one in written["filters"]],
            "chart_configuration": {},
            "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": []}, "chartsInScope": []},
            "color_scheme": "",
            "label_colors": {},
            "shared_label_colors": [],
            "map_label_colors": {},
            "color_scheme_domain": [],
            "refresh_frequency": 0,
            "expanded_slices": {},
            "timed_refresh_immune_slices": [],
            "default_filters": "{}",
        },
    }


def parts(rows: Iterable[Any]) -> Iterator[Yaml]:
    """The charts, legends and texts of a layout, wherever they stand."""
    for part in rows:
        if isinstance(part, list):
            yield from parts(part)
        elif "column" in part:
            yield from parts(part["column"])
        else:
            yield part


class _Layout:
    """Superset's tree of rows, columns and parts; a chart's number is its place."""

    def __init__(self, room: Room, title: str) -> None:
        self.room = room
        self.chart_ids: dict[str, int] = {}
        self.css: list[str] = []
        self.position: Yaml = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        }

    def add_rows(self, rows: list[list[Yaml]]) -> None:
        clear = {"background": "BACKGROUND_TRANSPARENT"}
        for number, row in enumerate(rows, 1):
            above = self._add("ROW", f"ROW-{number}", ["ROOT_ID", "GRID_ID"], clear)
            for place, part in enumerate(row, 1):
                if "column" not in part:
                    self._add_part(part, above, part["width"])
                    continue
                column = self._add("COLUMN", f"COLUMN-{number}-{place}", above, {"width": part["width"], **clear})
                for inner in part["column"]:
                    self._add_part(inner, column, part["width"])

    def _add_part(self, part: Yaml, above: list[str], width: int) -> None:
        size = {"width": width, "height": part["height"]}
        if "chart" in part:
            name = part["chart"]
            self.chart_ids[name] = len(self.chart_ids) + 1
            meta = {
                "uuid": asset_uuid("charts", name),
                "chartId": self.chart_ids[name],
                "sliceName": self.room.all_charts[name]["title"],
            }
            self._add("CHART", f"CHART-{name}", above, {**meta, **size})
        elif "legend" in part:
            steps = self.room.all_charts[part["legend"]]["steps"]
            keys = [f'<span class="cb-key cb-{n}"></span>{step["label"]}' for n, step in enumerate(steps)]
            self.css += [f".cb-{n} {{ background: {step['colour']}; }}" for n, step in enumerate(steps)]
            code = '<div class="cb-legend">' + "\n".join(keys) + "</div>"
            self._add("MARKDOWN", f"MARKDOWN-{part['legend']}", above, {"code": code, **size})
        else:
            self._add("MARKDOWN", f"MARKDOWN-{len(self.position)}", above, {"code": part["text"], **size})

    def _add(self, kind: str, key: str, parents: list[str], meta: Mapping[str, Any]) -> list[str]:
        """Place a node under the last of `parents`; returns the parents of what will stand in it."""
        self.position[parents[-1]]["children"].append(key)
        self.position[key] = {"type": kind, "id": key, "children": [], "parents": parents, "meta": dict(meta)}
        return [*parents, key]


def _filter(written: Yaml, chart_ids: Mapping[str, int]) -> Yaml:
    """A choice of one value; it opens on the first one, which `dashboards apply` asks the warehouse for."""
    return {
        "id": f"NATIVE_FILTER-{written['column']}",
        "name": written["name"],
        "description": written["description"],
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": asset_uuid("datasets", written["dataset"]), "column": {"name": written["column"]}}],
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
        "cascadeParentIds": [f"NATIVE_FILTER-{column}" for column in written.get("within", ())],
        "controlValues": {
            "enableEmptyFilter": True,
            "multiSelect": False,
            "searchAllOptions": False,
            "inverseSelection": False,
            "creatable": False,  # else what was typed stands first, chosen by Enter, and nothing matches it
            "defaultToFirstItem": True,
            "sortAscending": False,
            "sortMetric": written["first_by"],
        },
        "scope": {"rootPath": ["ROOT_ID"], "excluded": [chart_ids[name] for name in written.get("not_on", ())]},
        "adhoc_filters": [],
        "time_range": "No filter",
        "sortMetric": written["first_by"],
    }
