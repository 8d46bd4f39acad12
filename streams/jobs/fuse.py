"""Cases and detections of the lake's silver layer -> `raw.incident_link`: which of them tell of one incident.

The lake and not the event log, for fusion needs the texts, and they go no further. What is read, decided and written is
one transaction, and a run that changes nothing writes nothing; so it may be repeated, and a crash leaves the links of
the run before.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from streams import fusion
from streams.books import incidents, state
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.fusion.reports import OPENING, WANTED, gathered
from streams.fusion.upkeep import KEPT, brought_up
from streams.lake.read import frame, is_made
from streams.settings import Settings
from streams.warehouse.connection import connect


@dataclass(frozen=True)
class Fused:
    """What a run did. `state`: written, or unchanged (nothing to write, no run booked).

    `behind`: landed records that the lake does not hold yet, and so have no link; `whole`: cities that were fused as a
    whole; `seconds`: of reading, fusing and writing.
    """

    state: str
    mode: str
    run_number: int | None
    reports: int
    fresh: int
    changed: int
    gone: int
    aliases: int
    behind: int
    whole: tuple[str, ...]
    seconds: dict[str, float]


def fuse(settings: Settings, *, full: bool = False) -> Fused:
    """Bring the kept links up to date with the lake; `full` weighs everything again, as does another code than before.

    Raises CityBrainError where a server is away, the lake has no table yet, or another fusion is at work.
    """
    began = time.monotonic()
    with connect(settings, "loader") as connection:
        if not incidents.take_turn(connection):
            raise CityBrainError(
                "another fusion is at work",
                why="two at once would each write links the other does not know",
                remedy="wait until it has ended, then run the same command again",
            )
        fingerprint = code_fingerprint()
        whole = full or incidents.last_fingerprint(connection) != fingerprint
        progress = state.progress(connection)
        reports, ties = gathered(told(settings))
        kept = incidents.kept_links(connection, KEPT)
        read = time.monotonic()
        change = brought_up(reports, ties, kept, whole=whole)
        fused = time.monotonic()
        mode = "full" if whole else "incremental"
        number = None
        if whole or change.changed.height or change.gone.height:
            position = {f"{topic}/{part}": one.lake_reached for (topic, part), one in sorted(progress.items())}
            run = incidents.FusionRun(mode, reports.height, change.fresh, json.dumps(position), fingerprint)
            number = incidents.write(connection, run, change.changed, change.gone, change.renamed).run_number
    return Fused(
        state="unchanged" if number is None else "written",
        mode=mode,
        run_number=number,
        reports=reports.height,
        fresh=change.fresh,
        changed=change.changed.height,
        gone=change.gone.height,
        aliases=change.renamed.height,
        behind=sum(one.reached - one.lake_reached for (topic, _), one in progress.items() if _tells(topic)),
        whole=change.whole,
        seconds={
            "read": round(read - began, 2),
            "fuse": round(fused - read, 2),
            "write": round(time.monotonic() - fused, 2),
        },
    )


def told(settings: Settings) -> dict[str, pl.DataFrame]:
    """Source -> its events in silver, those columns that fusion reads; CityBrainError where a table is missing."""
    found = {}
    for topic, contract in contracts().items():
        if not _tells(topic):
            continue
        if not is_made(settings, "silver", topic):
            raise CityBrainError(
                f"the lake has no table silver/{topic} yet",
                why="nothing of any topic has reached the lake",
                remedy="run `citybrain up`, bring data in, and wait until `citybrain status` shows no backlog",
            )
        columns = [column.name for column in contract.silver_columns if column.name in WANTED]
        found[contract.source_key] = frame(settings, "silver", topic, columns)
    return found


def _tells(topic: str) -> bool:
    return contracts()[topic].source_key in OPENING


def code_fingerprint() -> str:
    """Hash of fusion's code and knowledge: what was fused by other code is fused anew."""
    room = Path(str(fusion.__file__)).parent
    digest = hashlib.sha256()
    for path in sorted([*room.glob("*.py"), *room.glob("data/*.csv")]):
        digest.update(path.name.encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()
