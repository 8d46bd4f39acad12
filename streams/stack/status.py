"""The state of the stack as data: the JSON of `citybrain status --json`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TypedDict

from streams.settings import Settings
from streams.stack import services
from streams.stack.supervisor import Supervisor


class ComponentStatus(TypedDict):
    """`state` is healthy, starting, stopped or failed; `version` is null where it can't be known."""

    state: str
    version: str | None


class PublicationStatus(TypedDict):
    """The latest publication; all null before the first one, or while the warehouse is down."""

    id: int | None
    run_id: str | None
    published_at_utc: str | None


class Status(TypedDict):
    """Components by name (kafka, streams, warehouse, airflow, superset) and the latest publication."""

    components: dict[str, ComponentStatus]
    publication: PublicationStatus


def read(settings: Settings) -> Status:
    """Ask every component at once; takes a few seconds at most and changes nothing."""
    processes = Supervisor(settings).states()
    wanted = services.components()

    def one(name: str) -> ComponentStatus:
        state = services.state_of(wanted[name], settings, processes)
        return {"state": state, "version": wanted[name].version(settings)}

    with ThreadPoolExecutor(len(wanted)) as pool:
        states = dict(zip(wanted, pool.map(one, wanted), strict=True))
    is_up = states["warehouse"]["state"] == "healthy"
    return {"components": states, "publication": publication(settings) if is_up else _no_publication()}


def publication(settings: Settings) -> PublicationStatus:
    """The latest publication as a reader sees it."""
    import psycopg

    try:
        with psycopg.connect(settings.role_url("reader"), connect_timeout=3) as connection:
            row = connection.execute(
                "select publication_id, run_id, published_at_utc from published.publication"
                " order by publication_id desc limit 1"
            ).fetchone()
    except psycopg.Error:  # before the first DDL there is no such table, and no right to look for it
        row = None
    if row is None:
        return _no_publication()
    return {"id": row[0], "run_id": row[1], "published_at_utc": row[2].isoformat(timespec="seconds") + "Z"}


def _no_publication() -> PublicationStatus:
    return {"id": None, "run_id": None, "published_at_utc": None}
