"""Import rendered dashboards into Superset, set who may see them, and verify what arrived.

Runs inside the Superset environment; safe to repeat (ids stay, nothing is doubled). `citybrain dashboards apply`
renders into a folder and calls
    python infra/superset/apply_assets.py FOLDER
The warehouse's address and login come from CITYBRAIN_READER_URL; no file holds them.
Exit code 0: everything in the folder is in Superset, linked and published. Otherwise one message on stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

NOTHING_YET = "暂无"
"""What a filter says while it has no option: before the first publication, or in a city that has no indicator."""

PASSED, NOT_PUBLISHED = "质检通过", "尚无发布"
"""How `verdict_line` and `publication_line` of data_health begin where all is well, and where nothing is published."""
LIVE = "live"
"""The board of what nobody has audited: it never carries the badge."""

KINDS = ("databases", "datasets", "charts", "dashboards")


def fail(message: str) -> NoReturn:
    sys.exit(f"apply_assets: {message}")


def read_contents(folder: Path, reader_url: str) -> dict[str, str]:
    """File name relative to `folder` -> YAML text, with the database's address filled in from `reader_url`."""
    contents = {"metadata.yaml": (folder / "metadata.yaml").read_text()}
    for kind in KINDS:
        paths = sorted((folder / kind).rglob("*.yaml"))
        if not paths:
            fail(f"there are no {kind} in {folder}")
        for path in paths:
            text = path.read_text()
            if kind == "databases":
                database = yaml.safe_load(text)
                database["sqlalchemy_uri"] = reader_url
                text = yaml.safe_dump(database, allow_unicode=True)
            contents[path.relative_to(folder).as_posix()] = text
    return contents


def run_import(contents: dict[str, str]) -> None:
    """One transaction; a refusal is reported with the file and field at fault, not as «unknown reason»."""
    from marshmallow.exceptions import ValidationError
    from superset.commands.exceptions import CommandException
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    try:
        ImportAssetsCommand(contents).run()
    except (CommandException, ValidationError) as error:
        fail("; ".join(reasons(error)))


def reasons(error: BaseException) -> Iterator[str]:
    """Every message in the chain of causes, the outermost first; passwords never stand in them."""
    seen: list[str] = []
    link: BaseException | None = error
    while link is not None:
        for message in _messages(link):
            if message not in seen:
                seen.append(message)
                yield message
        link = link.__cause__ or link.__context__


def _messages(error: BaseException) -> list[str]:
    if hasattr(error, "normalized_messages"):
        found = error.normalized_messages()
        return [f"{place}: {fault}" for place, fault in found.items()] if isinstance(found, dict) else [str(found)]
    if isinstance(error, KeyError):
        return [f"KeyError: {error} (a file refers to something that is not in the folder, or lacks that key)"]
    return [f"{type(error).__name__}: {error}"]


def grant(configs: dict[str, dict[str, Any]], access: dict[str, dict[str, Any]]) -> None:
    """Set roles and the published flag of each dashboard, and where each user lands; `access` is by slug."""
    from superset.models.dashboard import Dashboard
    from superset.models.user_attributes import UserAttribute

    from superset import db, security_manager

    by_slug = {}
    for name, config in configs.items():
        if not name.startswith("dashboards/"):
            continue
        dashboard = db.session.query(Dashboard).filter_by(uuid=config["uuid"]).one()
        roles = [security_manager.find_role(role) for role in access[config["slug"]]["roles"]]
        if None in roles:
            fail(f"a role of dashboard {config['slug']} is missing; run infra/superset/bootstrap.py first")
        dashboard.roles = roles
        dashboard.published = config.get("published", True)
        by_slug[config["slug"]] = dashboard
    welcome = {user: slug for slug, entry in access.items() for user in entry.get("first_page_of", ())}
    for user_name, slug in welcome.items():
        user = security_manager.find_user(user_name)
        if user is None:
            fail(f"user {user_name} is missing; run infra/superset/bootstrap.py first")
        attribute = db.session.query(UserAttribute).filter_by(user_id=user.id).one_or_none()
        if attribute is None:
            attribute = UserAttribute(user_id=user.id)
            db.session.add(attribute)
        attribute.welcome_dashboard_id = by_slug[slug].id
    db.session.commit()


def open_on_first_option(configs: dict[str, dict[str, Any]]) -> None:
    """Give each filter that opens on its first option that option as its stored default.

    Left to the browser, such a filter holds the whole dashboard back when there is no option, and then a dashboard
    before the first publication could not say why it is empty.
    """
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.utils import json

    from superset import db

    for name, config in configs.items():
        if not name.startswith("dashboards/"):
            continue
        dashboard = db.session.query(Dashboard).filter_by(uuid=config["uuid"]).one()
        metadata = json.loads(dashboard.json_metadata)
        filters = {item["id"]: item for item in metadata["native_filter_configuration"]}
        for item in filters.values():
            if not item["controlValues"].get("defaultToFirstItem"):
                continue
            target = item["targets"][0]
            column = target["column"]["name"]
            dataset = db.session.query(SqlaTable).filter_by(id=target["datasetId"]).one()
            above = [filters[parent]["defaultDataMask"]["extraFormData"] for parent in item["cascadeParentIds"]]
            answer = ask(
                dataset,
                f"filter {item['name']}",
                columns=[column],
                metrics=[item["sortMetric"]],
                orderby=[(item["sortMetric"], item["controlValues"]["sortAscending"])],
                filter=[condition for form in above for condition in form.get("filters", ())],
            )
            first = NOTHING_YET if answer.empty else str(answer[column].iloc[0])
            item["defaultDataMask"] = {
                "extraFormData": {"filters": [{"col": column, "op": "IN", "val": [first]}]},
                "filterState": {"label": first, "value": [first], "validateStatus": False},
            }
        dashboard.json_metadata = json.dumps(metadata)
    db.session.commit()


def ask(dataset: Any, asker: str, **wanted: Any) -> Any:
    """The first row that a dataset has, as a data frame; `wanted` is what Superset's query object is made of."""
    whenever = {"is_timeseries": False, "granularity": None, "from_dttm": None, "to_dttm": None, "extras": {}}
    answer = dataset.query({"row_limit": 1, **whenever, **wanted})
    if answer.error_message:
        fail(f"{asker} can't ask the warehouse: {answer.error_message}")
    return answer.df


def certify(configs: dict[str, dict[str, Any]]) -> None:
    """Give every board the badge of trust that the last gate and the newest publication say, or take it off."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard

    from superset import db

    health = db.session.query(SqlaTable).filter_by(table_name="data_health").one()
    said = ask(health, "the badge of trust", columns=[], metrics=["verdict_line", "publication_line"]).iloc[0]
    is_trusted = said["verdict_line"].startswith(PASSED) and said["publication_line"] != NOT_PUBLISHED
    for name, config in configs.items():
        if name.startswith("dashboards/") and config["slug"] != LIVE:
            dashboard = db.session.query(Dashboard).filter_by(uuid=config["uuid"]).one()
            dashboard.certified_by = said["verdict_line"] if is_trusted else ""
            dashboard.certification_details = said["publication_line"] if is_trusted else ""
    db.session.commit()


def verify(configs: dict[str, dict[str, Any]]) -> None:
    """Fail unless each dashboard holds exactly its charts, each chart its dataset, each dataset its columns."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    from superset import db

    for name, config in configs.items():
        if name.startswith("datasets/"):
            dataset = db.session.query(SqlaTable).filter_by(uuid=config["uuid"]).one_or_none()
            wanted = {column["column_name"] for column in config["columns"]}
            if dataset is None or {column.column_name for column in dataset.columns} != wanted:
                fail(f"{name} is not in Superset as written")
        elif name.startswith("charts/"):
            chart = db.session.query(Slice).filter_by(uuid=config["uuid"]).one_or_none()
            if chart is None or chart.datasource is None or str(chart.datasource.uuid) != config["dataset_uuid"]:
                fail(f"{name} is not linked to its dataset")
        elif name.startswith("dashboards/"):
            dashboard = db.session.query(Dashboard).filter_by(uuid=config["uuid"]).one_or_none()
            wanted = {
                part["meta"]["uuid"]
                for part in config["position"].values()
                if isinstance(part, dict) and part["type"] == "CHART"
            }
            linked = {str(chart.uuid) for chart in dashboard.slices} if dashboard else set()
            if linked != wanted:
                fail(f"{name}: {len(wanted - linked)} of its {len(wanted)} charts are not linked")


def main(folder: Path) -> str:
    reader_url = os.environ.get("CITYBRAIN_READER_URL", "")
    if not reader_url.startswith("postgresql"):
        fail("CITYBRAIN_READER_URL is not the PostgreSQL URL of the read-only role")
    contents = read_contents(folder, reader_url)
    from superset.app import create_app

    with create_app().test_request_context():
        from flask import g
        from superset.extensions import cache_manager

        from superset import security_manager

        g.user = security_manager.find_user("admin")
        if g.user is None:
            fail("user admin is missing; run infra/superset/bootstrap.py first")
        run_import(contents)
        configs = {name: yaml.safe_load(text) for name, text in contents.items()}
        grant(configs, yaml.safe_load((folder / "access.yaml").read_text()))
        open_on_first_option(configs)
        certify(configs)
        verify(configs)
        cache_manager.data_cache.clear()
        cache_manager.cache.clear()
    counts = {kind: sum(name.startswith(f"{kind}/") for name in contents) for kind in KINDS}
    return (
        f"applied {counts['dashboards']} dashboards, {counts['charts']} charts, {counts['datasets']} datasets; "
        "all linked and published"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        fail("usage: apply_assets.py FOLDER")
    print(main(Path(sys.argv[1])))
