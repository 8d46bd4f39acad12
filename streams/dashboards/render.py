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


def relation(view: str) -> tuple[str, str]:
    """Schema and name of a view; one of another schema than `published` is written with it."""
    schema, dot, name = view.rpartition(".")
    return (schema if dot else "published", name)


def _dataset(room: Room, view: str) -> Yaml:
    semantics = room.semantics[view]
    schema, table = relation(view)
    return {
        "table_name": table,
        "schema": schema,
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
    """Metrics of a dataset: those that its charts share, those of the catalogue, those that one chart alone needs."""
    shared = list(room.semantics[view].get("metrics") or ())
    if room.semantics[view].get("indicator_metrics"):
        shared += [metric for indicator in room.catalogue.values() for metric in _indicator_metrics(indicator)]
    return shared + [
        metric
        for chart in room.all_charts.values()
        if chart["dataset"] == view
        for metric in chart.get("own_metrics", ())
    ]


HIDDEN = ("隐去", "不适用")
"""Words of a cell that holds no figure; tables show them in grey."""
_TEXT_WIDTH = 8


def _indicator_metrics(indicator: Mapping[str, str]) -> Iterator[Yaml]:
    """An indicator as the catalogue has it: `r02_figure`, its one published value, and `r02_text`, the same in words.

    Neither computes anything: where several cells meet, the figure is empty and the text says so.
    """
    name, label = indicator["indicator_id"], short_name(indicator)
    chosen = f"filter (where indicator_id = '{name}')"
    yield {
        "metric_name": f"{name.lower()}_figure",
        "verbose_name": label,
        "expression": f"case when count(*) {chosen} = 1 then max(value) {chosen} end",
    }
    yield {
        "metric_name": f"{name.lower()}_text",
        "verbose_name": label,
        "expression": f"case when count(*) {chosen} > 1 then '多项' else"
        f" lpad(coalesce(max(value_zh) {chosen}, '—'), {_TEXT_WIDTH}) end",
    }


def short_name(indicator: Mapping[str, str]) -> str:
    """Name of an indicator without what stands in brackets."""
    return re.sub("（.*?）", "", indicator["name_zh"])


def indicators_of(room: Room, chart: Yaml) -> list[str]:
    """Ids of the indicators that a chart names: by its conditions, or by metrics of the catalogue."""
    asked = conditions(room, chart).get("indicator_id", [])
    named = {asked} if isinstance(asked, str) else set(asked)
    families = conditions(room, chart).get("family", [])
    named |= {name for name, row in room.catalogue.items() if row["family"] in families}
    named |= {
        name for name in room.catalogue for metric in chart.get("metrics", ())
        if metric in (f"{name.lower()}_figure", f"{name.lower()}_text")
    }  # fmt: skip
    return [name for name in room.catalogue if name in named]


# Charts ------------------------------------------------------------------------------------------------------


def _chart(room: Room, name: str, chart: Yaml) -> Yaml:
    look = room.looks["looks"][chart["look"]]
    settings = {**params(room, chart), "adhoc_filters": list(_filters(room, chart))}
    shown = chart.get("metrics") or [metric["metric_name"] for metric in chart.get("own_metrics", ())]
    if "metric" in look:
        settings["metric"] = shown[0]
    else:
        settings["metrics"] = shown
    if rules := [*chart.get("colours", ()), *_hidden_in_grey(chart)]:
        settings["conditional_formatting"] = [
            {
                "column": column,
                "operator": "=",
                "targetValue": text,
                "colorScheme": rule["colour"],
                "objectFormatting": "TEXT_COLOR",
            }
            for rule in rules
            for column in rule["columns"]
            for text in rule["texts"]
        ]
    if "steps" in chart:
        settings["color_breakpoints"] = [
            {"id": place, "minValue": step["from"], "maxValue": step["to"], "color": _rgb(step["colour"])}
            for place, step in enumerate(chart["steps"])
        ]
    return {
        "slice_name": chart["title"],
        "description": chart.get("description"),
        "viz_type": look["viz_type"],
        "params": settings,
        "cache_timeout": None,
        **_identity("charts", name),
        "dataset_uuid": asset_uuid("datasets", chart["dataset"]),
    }


def params(room: Room, chart: Yaml) -> Yaml:
    """Superset's settings of a chart: those of its look, and its own."""
    return {**room.looks["looks"][chart["look"]], **chart.get("params", {})}


def _hidden_in_grey(chart: Yaml) -> Iterator[Yaml]:
    """The rule for figures of the catalogue that stand as words in a table."""
    columns = [metric for metric in chart.get("metrics", ()) if re.fullmatch(r"[a-z]\d\d[a-z]?_text", metric)]
    if columns:
        yield {"colour": "#8a94a6", "columns": columns, "texts": [word.rjust(_TEXT_WIDTH) for word in HIDDEN]}


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
    layout = _Layout(room, name)
    layout.add_rows([_head(room, name), *written["rows"]])
    return {
        "dashboard_title": written["title"],
        "description": written["description"],
        "css": "\n".join((room.css, *layout.css)),
        "slug": name,
        "certified_by": "",
        "certification_details": "",
        "published": True,
        **_identity("dashboards", name),
        "position": layout.position,
        "metadata": {
            "filter_bar_orientation": "HORIZONTAL",
            "cross_filters_enabled": False,
            "native_filter_configuration": [_filter(room, one, layout.chart_ids) for one in written["filters"]],
            "chart_configuration": {},
            "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": []}, "chartsInScope": []},
            "color_scheme": "",
            "label_colors": dict(room.looks["colours"]),
            "shared_label_colors": [],
            "map_label_colors": {},
            "color_scheme_domain": [],
            "refresh_frequency": written.get("refresh_seconds", 0),
            "expanded_slices": {},
            "timed_refresh_immune_slices": [],
            "default_filters": "{}",
        },
    }


def _head(room: Room, name: str) -> list[Yaml]:
    """The first row of every board: the way to the others, in their order, and what this one is for."""
    readers = set(room.access[name]["roles"])
    links = [
        f"**{room.dashboards[other]['title']}**"
        if other == name
        else f"[{room.dashboards[other]['title']}](/superset/dashboard/{other}/)"
        for other, entry in room.access.items()
        if readers <= set(entry["roles"])  # nobody is sent to a board that is closed to him
    ]
    text = f'<div class="cb-head">\n\n{" ".join(links)}\n\n{room.dashboards[name]["description"]}\n\n</div>'
    return [{"text": text, "width": 12, "height": 10}]


def _definitions(room: Room, name: str) -> str:
    """What each indicator that a board shows is made of, in the catalogue's words."""
    charts = [room.all_charts[part["chart"]] for part in parts(room.dashboards[name]["rows"]) if "chart" in part]
    shown = {indicator for chart in charts for indicator in indicators_of(room, chart)}
    said = "\n".join(
        f"- **{row['name_zh']}**：{_made_of(row)}。{row['time_basis_zh']}"
        for indicator, row in room.catalogue.items()
        if indicator in shown
    )
    return f'<div class="cb-definitions">\n\n**口径说明**\n\n{said}\n{_WORDS}\n\n</div>'


def _made_of(row: Mapping[str, str]) -> str:
    return " ÷ ".join(part for part in (row["numerator_zh"], row["denominator_zh"]) if part)


_WORDS = """- **隐去**：件数少于城市规定的下限，或可由其推算出这样的数，为保护小样本不公布。
- **不适用**：该市没有这项制度或数据；**—**：无从计算。
- **初步**：当月未满或仍在成熟期，会随数据变化；**已定**之后如有变化，记入更正日志。
- **环比、同比**：与上月、去年同月相比，只比两个都已定的月份；比率之差为百分点，其他为百分数。"""


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

    def __init__(self, room: Room, board: str) -> None:
        self.room = room
        self.board = board
        self.chart_ids: dict[str, int] = {}
        self.css: list[str] = []
        self.position: Yaml = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": room.dashboards[board]["title"]}},
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
        size = {"width": width, "height": part.get("height", 30)}
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
            code = part["text"] if "text" in part else _definitions(self.room, self.board)
            self._add("MARKDOWN", f"MARKDOWN-{len(self.position)}", above, {"code": code, **size})

    def _add(self, kind: str, key: str, parents: list[str], meta: Mapping[str, Any]) -> list[str]:
        """Place a node under the last of `parents`; returns the parents of what will stand in it."""
        self.position[parents[-1]]["children"].append(key)
        self.position[key] = {"type": kind, "id": key, "children": [], "parents": parents, "meta": dict(meta)}
        return [*parents, key]


def _filter(room: Room, name: str, chart_ids: Mapping[str, int]) -> Yaml:
    """A choice of one value; it opens on the first one, which `dashboards apply` asks the warehouse for."""
    written = room.looks["filters"][name]
    left_out = [number for chart, number in chart_ids.items() if not reaches(room, name, chart)]
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
        "scope": {"rootPath": ["ROOT_ID"], "excluded": left_out},
        "adhoc_filters": [],
        "time_range": "No filter",
        "sortMetric": written["first_by"],
    }


def reaches(room: Room, name: str, chart: str) -> bool:
    """Whether a filter holds for a chart: its dataset has the column, and the chart doesn't say otherwise."""
    column, written = room.looks["filters"][name]["column"], room.all_charts[chart]
    known = {part["column_name"] for part in columns(room, written["dataset"])}
    return column in known and column not in written.get("unfiltered", ())
