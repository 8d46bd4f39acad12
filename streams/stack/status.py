"""The state of the stack as data: the JSON of `citybrain status --json`, and what of it needs somebody."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NotRequired, TypedDict

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack import anew, postgres, services
from streams.stack.supervisor import ProcessState, Supervisor
from streams.warehouse.connection import connect

LOW_DISK_GB = 2.0
"""Below it the next publication or an hour of a busy stream may fill the disk, and every server stops."""

LOG_TAIL_BYTES = 200_000

_CRASH = re.compile(r"^(\S+ [\d:]+),\d+ \w+ exited: (\S+) \((.*); not expected\)$", re.MULTILINE)
"""How the supervisor tells of a program that ended by itself, in UTC."""


class ComponentStatus(TypedDict):
    """`state` is healthy, starting, stopped or failed; `version` is null where it can't be known.

    `url`: where programs find it, of the parts that are made for them.
    """

    state: str
    version: str | None
    url: NotRequired[str]


class PublicationStatus(TypedDict):
    """The latest publication; all null before the first one, or while the warehouse is down."""

    id: int | None
    run_id: str | None
    published_at_utc: str | None


class BacklogStatus(TypedDict):
    """What waits, in records; null while the warehouse is down or before the streams told it.

    `lag_age_seconds` is how long ago they told `to_land` and `to_lake`; dead letters are counted now.
    """

    to_land: int | None
    to_lake: int | None
    lag_age_seconds: float | None
    dead_letters_waiting: int | None


class DiskStatus(TypedDict):
    """A disk that holds state, with each place on it: together they are what a backup copies."""

    paths: list[str]
    free_gb: float
    used_share: float


class Failure(TypedDict):
    """The last thing that failed, a run's step or a program; `is_mended` when the same has gone well since."""

    what: str
    why: str
    at_utc: str
    is_mended: bool


class Fault(TypedDict):
    """What needs somebody, and the command that helps."""

    what: str
    do: str


class Status(TypedDict):
    """Components by name, as `services.components` has them, the latest publication, and how things are."""

    home: str
    components: dict[str, ComponentStatus]
    publication: PublicationStatus
    backlog: BacklogStatus
    disks: list[DiskStatus]
    last_failure: Failure | None
    faults: list[Fault]


class _Books(TypedDict):
    """What the warehouse tells."""

    backlog: BacklogStatus
    failure: Failure | None
    faults: list[str]


def read(settings: Settings) -> Status:
    """Ask every component at once; takes a few seconds at most and changes nothing."""
    processes = Supervisor(settings).states()
    wanted = services.components()

    def one(name: str) -> ComponentStatus:
        state = services.state_of(wanted[name], settings, processes)
        found: ComponentStatus = {"state": state, "version": wanted[name].version(settings)}
        if url := wanted[name].url:
            found["url"] = url(settings)
        return found

    with ThreadPoolExecutor(len(wanted)) as pool:
        states = dict(zip(wanted, pool.map(one, wanted), strict=True))
    is_up = states["warehouse"]["state"] == "healthy"
    books = _books(settings) if is_up else None
    disks = _disks(settings)
    failures = [one for one in (books and books["failure"], _crash(settings, states)) if one]
    failure = max(failures, key=lambda one: one["at_utc"], default=None)
    return {
        "home": str(settings.home),
        "components": states,
        "publication": publication(settings) if is_up else _no_publication(),
        "backlog": books["backlog"] if books else _no_backlog(),
        "disks": disks,
        "last_failure": failure,
        "faults": [*_lost(settings), *_faults(states, processes, books, disks)],
    }


def exit_code(found: Status) -> int:
    """0: every part is healthy and nothing needs anybody; 1: something does; 4: a part is stopped or starting."""
    if found["faults"]:
        return 1
    return 0 if all(one["state"] == "healthy" for one in found["components"].values()) else 4


def publication(settings: Settings) -> PublicationStatus:
    """The latest publication as a reader sees it."""
    import psycopg

    try:
        with connect(settings, "reader") as connection:
            row = connection.execute(
                "select publication_id, run_id, published_at_utc from published.publication"
                " order by publication_id desc limit 1"
            ).fetchone()
    except (psycopg.Error, CityBrainError):  # before the first DDL there is no such table, and no right to look for it
        row = None
    if row is None:
        return _no_publication()
    return {"id": row[0], "run_id": row[1], "published_at_utc": row[2].isoformat(timespec="seconds") + "Z"}


def _books(settings: Settings) -> _Books | None:
    """Backlog, last failed run and what the warehouse misses; None before the first DDL."""
    import psycopg

    try:
        with connect(settings, "loader") as connection:
            lag = connection.execute(
                "select sum(end_offset - landed_offset)::bigint, sum(end_offset - lake_offset)::bigint,"
                " extract(epoch from now() at time zone 'UTC' - max(at_utc))::double precision from ops.lag"
            ).fetchone()
            letters = connection.execute("select count(*) from ops.dead_letter where state = 'new'").fetchone()
            run = connection.execute(
                "select failed.kind, failed.run_id, failed.state, failed.detail, failed.ended_at_utc,"
                " exists (select from ops.pipeline_run as later where later.kind = failed.kind"
                " and later.state in ('succeeded', 'skipped') and later.started_at_utc > failed.started_at_utc)"
                " from ops.pipeline_run as failed where failed.state in ('failed', 'red')"
                " order by failed.ended_at_utc desc nulls last limit 1"
            ).fetchone()
            missed = connection.execute(
                "select fault_en from ops.platform_fault where part in ('watch', 'streams') order by part"
            ).fetchall()
    except (psycopg.Error, CityBrainError):
        return None
    to_land, to_lake, age = lag or (None, None, None)
    return {
        "backlog": {
            "to_land": to_land,
            "to_lake": to_lake,
            "lag_age_seconds": None if age is None else round(age, 1),
            "dead_letters_waiting": letters[0] if letters else None,
        },
        "failure": None if run is None else _failed_run(*run),
        "faults": [row[0] for row in missed],
    }


def _failed_run(kind: str, run_id: str, state: str, detail: str, ended_at_utc: object, is_mended: bool) -> Failure:
    said = json.loads(detail)
    why = "the gate is red; `published.data_health` names the rules" if state == "red" else said.get("error", "")
    more = "" if state == "red" else said.get("why", "")
    return {
        "what": f"{kind} of run {run_id}",
        "why": ": ".join(part for part in (why, " ".join(more.split())[:200]) if part),
        "at_utc": f"{ended_at_utc:%Y-%m-%dT%H:%M:%SZ}",
        "is_mended": is_mended,
    }


def _crash(settings: Settings, states: dict[str, ComponentStatus]) -> Failure | None:
    """The last program that ended by itself, from the supervisor's log; it has been started again since."""
    log = settings.home / "logs/supervisord.log"
    if not log.exists():
        return None
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        found = _CRASH.findall(file.read().decode(errors="replace"))
    if not found:
        return None
    at, program, why = found[-1]
    name = next((one.name for one in services.components().values() if program in one.programs), program)
    return {
        "what": f"{program} ended by itself",
        "why": why,
        "at_utc": at.replace(" ", "T") + "Z",
        "is_mended": name not in states or states[name]["state"] == "healthy",
    }


def _lost(settings: Settings) -> list[Fault]:
    return [
        {
            "what": f"the {name}'s directory {directory} is gone",
            "do": "infra/runbooks/restore.md; `citybrain up` refuses",
        }
        for name, directory in anew.lost(settings).items()
    ]


def _faults(
    states: dict[str, ComponentStatus],
    processes: dict[str, ProcessState],
    books: _Books | None,
    disks: list[DiskStatus],
) -> list[Fault]:
    faults: list[Fault] = [
        {"what": f"{name} has failed", "do": f"citybrain logs {name}; citybrain up starts what is missing"}
        for name, one in states.items()
        if one["state"] == "failed"
    ]
    if books:
        faults += [{"what": what, "do": "citybrain logs streams"} for what in books["faults"]]
        failure = books["failure"]
        if failure and not failure["is_mended"]:
            faults.append(
                {"what": f"the last {failure['what']} failed", "do": "citybrain logs airflow; then build again"}
            )
    watch = processes.get(services.WATCH)
    if watch and states["warehouse"]["state"] == "healthy" and watch.word not in ("RUNNING", "STARTING"):
        faults.append({"what": "nobody watches the parts", "do": "citybrain logs watch; citybrain up starts it"})
    faults += [
        {
            "what": f"{disk['free_gb']:.1f} GB are free at {', '.join(disk['paths'])}",
            "do": "free space, or move CITYBRAIN_HOME",
        }
        for disk in disks
        if disk["free_gb"] < LOW_DISK_GB
    ]
    return faults


def _disks(settings: Settings) -> list[DiskStatus]:
    places = [settings.home]
    if settings.embedded_warehouse and not (root := postgres.place(settings).root).is_relative_to(settings.home):
        places.append(root)
    by_device: dict[int, list[Path]] = {}
    for place in places:
        by_device.setdefault(_existing(place).stat().st_dev, []).append(place)
    return [_disk(found) for found in by_device.values()]


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())


def _disk(places: list[Path]) -> DiskStatus:
    usage = shutil.disk_usage(_existing(places[0]))
    return {
        "paths": [str(place) for place in places],
        "free_gb": round(usage.free / 1e9, 1),
        "used_share": round(usage.used / usage.total, 3),
    }


def _no_publication() -> PublicationStatus:
    return {"id": None, "run_id": None, "published_at_utc": None}


def _no_backlog() -> BacklogStatus:
    return {"to_land": None, "to_lake": None, "lag_age_seconds": None, "dead_letters_waiting": None}
