"""Wait until everything that the broker holds has landed and is in the lake."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from streams.books import state
from streams.bus.admin import topic_offsets
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Backlog:
    """Records still to read: by the event log, and by the lake. `total` is all that the broker keeps."""

    to_land: int
    to_lake: int
    total: int

    @property
    def is_drained(self) -> bool:
        return self.to_land == 0 and self.to_lake == 0

    def __str__(self) -> str:
        landed, in_lake = self.total - self.to_land, self.total - self.to_lake
        return f"{landed:,} of {self.total:,} records landed, {in_lake:,} are in the lake"


def backlog(settings: Settings) -> Backlog:
    """How far the streams are behind the broker now, over all topics. CityBrainError when a server is away."""
    with connect(settings, "loader") as connection:
        known = state.progress(connection)
    to_land = to_lake = total = 0
    for topic in contracts():
        for partition, (first, end) in topic_offsets(settings, topic).items():
            place = (topic, partition)
            total += end - first
            landed, lake = (known[place].reached, known[place].lake_reached) if place in known else (-1, -1)
            to_land += end - max(first, landed + 1)
            to_lake += end - max(first, lake + 1)
    return Backlog(to_land, to_lake, total)


def wait_drained(settings: Settings, timeout: float, progress: Callable[[str], None] | None = None) -> Backlog:
    """Poll until the backlog is 0, telling `progress` in words each time; CityBrainError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        now = backlog(settings)
        if progress:
            progress(str(now))
        if now.is_drained:
            return now
        if time.monotonic() > deadline:
            raise CityBrainError(
                f"the streams are not drained after {timeout:.0f} s",
                why=f"{now.to_land} records wait for the event log, {now.to_lake} for the lake",
                remedy="`citybrain status` shows whether the streams run; their log says what they wait for",
            )
        time.sleep(POLL_SECONDS)
