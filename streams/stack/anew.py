"""A home whose warehouse or broker is gone: it makes no empty one on its own, and begins anew only when told to.

Beginning anew deletes nothing. What counts by the lost server (the streams' checkpoints, the lake's events, the
memory of what sources have sent) would make the new one skip records, so it is put into `set-aside/<time>` of the home.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from streams import ownership
from streams.errors import CityBrainError
from streams.ownership import KAFKA, WAREHOUSE
from streams.settings import Settings
from streams.stack import home, kafka, postgres

SetAside = Callable[[Settings, Path], None]
"""Moves the lake's events, which another room knows, into a directory."""

COUNT_BY_THE_WAREHOUSE = ("checkpoints", "dbt", "sources")
COUNT_BY_THE_BROKER = ("kafka/data", "kafka/formatted", "runs")
"""Of the home: what a new warehouse, a new broker must not find."""

STAMPS = ("airflow", "superset")
"""Steps that were taken in databases of the warehouse, and are to be taken in the new one's."""


def lost(settings: Settings) -> dict[str, Path]:
    """Embedded server that the home knows -> its directory, where that is gone or empty."""
    found = {}
    if settings.embedded_warehouse and ownership.known(settings, WAREHOUSE) and not postgres.is_made(settings):
        found[WAREHOUSE] = postgres.place(settings).data
    if settings.embedded_kafka and ownership.known(settings, KAFKA) and not kafka.is_made(settings):
        found[KAFKA] = kafka.data(settings)
    return found


def require_none_lost(settings: Settings) -> None:
    """Raise CityBrainError for the first server whose directory is gone."""
    for name, directory in lost(settings).items():
        ownership.require_none_known(settings, name, directory)


def begin(settings: Settings, tell: Callable[[str, str], None], set_lake_aside: SetAside) -> Path:
    """Let the next `up` make an empty warehouse, and an empty broker where that is lost; returns where the rest went.

    Raises CityBrainError where nothing is lost, and where a warehouse or a lake elsewhere would have to be emptied.
    """
    gone = lost(settings)
    if not gone:
        raise CityBrainError(
            "nothing is lost, so nothing begins anew",
            why="the home's warehouse and broker are where they were made, or it has made none yet",
            remedy="citybrain up (without --new-warehouse); all state goes with `citybrain clean-state`",
            exit_code=2,
        )
    if not settings.embedded_warehouse:
        raise CityBrainError(
            "the warehouse can't be begun anew from here",
            why="WAREHOUSE_URL names a server elsewhere; its books count by the lost broker, and we empty no other's",
            remedy="set CITYBRAIN_HOME to a new directory and WAREHOUSE_URL to an empty server",
            exit_code=2,
        )
    aside = settings.home / "set-aside" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside.mkdir(parents=True, mode=0o700)
    set_lake_aside(settings, aside)
    for name in COUNT_BY_THE_WAREHOUSE + (COUNT_BY_THE_BROKER if KAFKA in gone else ()):
        if (path := settings.home / name).exists():
            shutil.move(path, aside / name.replace("/", "-"))
    kept = postgres.set_aside(settings, aside.name)
    for stamp in STAMPS:
        home.clear_stamp(settings, stamp)
    for name in {WAREHOUSE, *gone}:
        ownership.forget(settings, name)
    tell(WAREHOUSE, f"begins anew; what hung on the old one is in {aside}" + (f" and {kept}" if kept else ""))
    return aside
