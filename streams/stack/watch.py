"""The watch: asks every part whether it lives, and has the warehouse tell of one that does not.

`published.data_health` and `citybrain status` read what it writes (ops.part). Of the warehouse itself it can only
tell in its log; of the watch the warehouse tells, as its rows grow old.
"""

from __future__ import annotations

import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack import services
from streams.warehouse.connection import connect

LOOK_SECONDS = 10.0
"""Between two looks; with the 45 seconds that ops.platform_fault allows, a dead part is told of within a minute."""

log = logging.getLogger("citybrain.watch")


def run(settings: Settings) -> None:
    """Look until SIGTERM or SIGINT; every change is a line of the log."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    before: dict[str, bool] = {}
    while True:
        now = look(settings)
        for name, is_healthy in now.items():
            if is_healthy:
                if not before.get(name, False):
                    log.info("%s is healthy", name)
            elif before.get(name, True):
                log.error("%s does not answer", name)
        before = now
        if stopping.wait(LOOK_SECONDS):
            return


def look(settings: Settings) -> dict[str, bool]:
    """Component -> whether it is healthy now, told to the warehouse where that answers."""
    found = services.components()
    with ThreadPoolExecutor(len(found)) as pool:
        states = dict(zip(found, pool.map(lambda one: one.is_healthy(settings), found.values()), strict=True))
    if states["warehouse"]:
        try:
            _tell(settings, states)
        except CityBrainError as error:
            log.warning("the warehouse was not told: %s", error.why)
    return states


def _tell(settings: Settings, states: dict[str, bool]) -> None:
    """A part gets its row when it is healthy for the first time: what was never started is not missed."""
    import psycopg

    try:
        with connect(settings, "loader") as connection, connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.part values (%s, clock_timestamp() at time zone 'UTC',"
                " clock_timestamp() at time zone 'UTC') on conflict (part) do update"
                " set looked_at_utc = excluded.looked_at_utc, healthy_at_utc = excluded.healthy_at_utc",
                [(name,) for name, is_healthy in states.items() if is_healthy],
            )
            cursor.executemany(
                "update ops.part set looked_at_utc = clock_timestamp() at time zone 'UTC' where part = %s",
                [(name,) for name, is_healthy in states.items() if not is_healthy],
            )
    except psycopg.Error as error:
        raise CityBrainError("the warehouse broke off", why=" ".join(str(error).split())) from error
