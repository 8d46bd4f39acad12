"""The files of `superset/` that people write, read strictly: a key that nobody knows is an error, not a silence.

`semantics/<view>.yaml`: a view of schema `published`, or of `live` as `live.<view>.yaml`, and its metrics in plain SQL.
`semantics/dashboards.yaml`: who sees which dashboard. `semantics/looks.yaml`: what many charts and boards share.
`charts/<dashboard>/<chart>.yaml`: one chart, with the metrics that it alone needs; any other board may show it too.
`dashboards/<dashboard>.yaml`: where the charts stand, and which filters; `dashboards/common.css`: the style of all.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.contracts.published import published_tables
from streams.contracts.registry import read_yaml
from streams.errors import CityBrainError
from streams.settings import CHECKOUT

ROOM = CHECKOUT / "superset"
CATALOGUE = CHECKOUT / "dbt_project" / "seeds" / "indicator_catalogue.csv"

Yaml = dict[str, Any]

KEYS = {
    "semantics": {"title", "main_dttm_col", "physical", "columns", "metrics", "indicator_metrics"},
    "charts": {
        "title", "description", "dataset", "look", "metrics", "own_metrics", "cells", "where", "unfiltered", "colours",
        "steps", "params",
    },
    "dashboards": {"title", "description", "rows", "filters", "refresh_seconds"},
    "access": {"roles", "first_page_of"},
    "looks": {"looks", "cells", "filters", "colours"},
}  # fmt: skip
"""Kind of file -> the keys that it may have."""


@dataclass(frozen=True)
class Room:
    """Everything that is written, by file stem.

    `views`: view -> column -> (contract type, description); `catalogue`: indicator -> its row in the catalogue.
    """

    views: dict[str, dict[str, tuple[str, str]]]
    database: Yaml
    semantics: dict[str, Yaml]
    looks: Yaml
    charts: dict[str, dict[str, Yaml]]
    dashboards: dict[str, Yaml]
    css: str
    access: dict[str, Yaml]
    catalogue: dict[str, dict[str, str]]

    @property
    def all_charts(self) -> dict[str, Yaml]:
        """Chart -> its file, of all dashboards; names are unique among them."""
        return {name: chart for charts in self.charts.values() for name, chart in charts.items()}


def read(room: Path = ROOM) -> Room:
    """Read `superset/`; raises CityBrainError for a file that can't be read, an unknown key or a name used twice."""
    semantics = {path.stem: read_yaml(path) for path in sorted((room / "semantics").glob("*.yaml"))}
    looks, access = semantics.pop("looks", {}), semantics.pop("dashboards", {})
    found = Room(
        _views(semantics),
        read_yaml(room / "database.yaml"),
        semantics,
        looks,
        {
            folder.name: {path.stem: read_yaml(path) for path in sorted(folder.glob("*.yaml"))}
            for folder in sorted((room / "charts").iterdir())
            if folder.is_dir()
        },
        {path.stem: read_yaml(path) for path in sorted((room / "dashboards").glob("*.yaml"))},
        (room / "dashboards" / "common.css").read_text(),
        access,
        _catalogue(),
    )
    _refuse_strange_keys(found)
    names = [name for charts in found.charts.values() for name in charts]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise CityBrainError(f"two charts are called {name}", remedy="rename one of the files")
    return found


def _catalogue() -> dict[str, dict[str, str]]:
    """The newest version of each indicator that has figures."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["indicator_version"]))
    return {row["indicator_id"]: row for row in rows if row["state"] != "refused"}


def _views(semantics: dict[str, Yaml]) -> dict[str, dict[str, tuple[str, str]]]:
    """What a dashboard may read: the newest publication of each published table, the list of publications, and views
    that say their columns."""
    views = {
        name: {column.name: (column.data_type, column.description) for column in table.columns}
        for table in published_tables()
        for name in (f"current_{table.name}", *(["publication"] if table.name == "publication" else ()))
    }
    for name, semantic in semantics.items():
        if "physical" in semantic:
            views[name] = {column: (kind, said) for column, (kind, said) in semantic["physical"].items()}
        elif name not in views:
            raise CityBrainError(
                f"{name}.yaml describes no view of schema published",
                why=f"the contracts promise {', '.join(sorted(views))}",
                remedy="rename the file to the view it describes, or add the contract",
            )
    return views


def _refuse_strange_keys(room: Room) -> None:
    files = [
        *(("semantics", name, file) for name, file in room.semantics.items()),
        *(("charts", name, file) for name, file in room.all_charts.items()),
        *(("dashboards", name, file) for name, file in room.dashboards.items()),
        *(("access", name, entry) for name, entry in room.access.items()),
        ("looks", "looks", room.looks),
    ]
    for kind, name, file in files:
        if strange := set(file) - KEYS[kind]:
            raise CityBrainError(
                f"{name}.yaml says {', '.join(sorted(strange))}, which nobody reads",
                why=f"it may say {', '.join(sorted(KEYS[kind]))}",
                remedy="take the key out or spell it as above, then run `citybrain dashboards check`",
            )
