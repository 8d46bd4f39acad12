"""What the stack consists of: components (as people see them), their programs, and how health is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

from streams.errors import CityBrainError
from streams.ownership import require_session
from streams.settings import CHECKOUT, Settings
from streams.stack import airflow, api, home, kafka, postgres, superset
from streams.stack.supervisor import ProcessState, Program, Supervisor

CITYBRAIN = CHECKOUT / ".venv/bin/citybrain"

WATCH = "watch"
"""The program that asks the components how they are; none itself."""

STARTING_SECONDS = 300.0
"""How long a running program may fail its health question before it counts as failed."""


@dataclass(frozen=True)
class Component:
    """One line of `citybrain status`."""

    name: str
    programs: tuple[str, ...]
    is_healthy: Callable[[Settings], bool]
    version: Callable[[Settings], str | None]
    is_embedded: Callable[[Settings], bool] = lambda settings: True
    url: Callable[[Settings], str] | None = None


def components() -> dict[str, Component]:
    """All components by name, in the order in which people read them."""
    found = (
        Component("kafka", ("kafka",), kafka.is_healthy, kafka.version, lambda settings: settings.embedded_kafka),
        Component("streams", ("streams",), streams_is_healthy, lambda _: package_version("citybrain")),
        Component(
            "warehouse",
            ("postgres",),
            postgres.is_healthy,
            postgres.version,
            lambda settings: settings.embedded_warehouse,
        ),
        Component("airflow", tuple(airflow.commands()), airflow.is_healthy, lambda _: airflow.version()),
        Component("superset", ("superset",), superset.is_healthy, lambda _: superset.version()),
        Component("api", ("api",), api.is_healthy, lambda _: package_version("citybrain"), url=api.url),
    )
    return {component.name: component for component in found}


def programs(settings: Settings) -> list[Program]:
    """The supervised programs of these settings; a part that lives elsewhere has none."""
    common = home.environment(settings)
    found = []
    if settings.embedded_warehouse:
        place = postgres.place(settings)
        port = ["-p", str(settings.pg_port)]  # said here too, so that a new port restarts it
        # A server must not outlive its patience: 60 s for the last checkpoint, then it is killed and recovers.
        found.append(
            Program("postgres", place.command() + port, {}, place.user, "INT", stop_seconds=60, directory=Path("/"))
        )
    if settings.embedded_kafka:
        found.append(Program("kafka", kafka.command(settings), {}, directory=settings.home / "kafka"))
    # Spark's JVM and workers would die of the signal in the middle of a batch; the driver lets it end first.
    streams = [str(CITYBRAIN), "service", "land-and-lake"]
    found.append(Program("streams", streams, common, stop_seconds=45, stops_alone=True))
    found.append(Program(WATCH, [str(CITYBRAIN), "service", "watch"], common))
    found += [Program(name, line, airflow.environment(settings)) for name, line in airflow.commands().items()]
    found.append(Program("superset", superset.command(settings), superset.environment(settings)))
    found.append(Program("api", [str(CITYBRAIN), "service", "api"], common))
    return found


LOGS = {"supervisord": ("supervisord",), WATCH: (WATCH,)}
"""Names besides the components whose logs may be asked for -> their programs."""


def log_files(settings: Settings, part: str) -> list[Path]:
    """The logs of a component, of its programs by name, of the watch or of the supervisor, as far as they are there.

    The tools that prepare a component (`airflow-migrate`) belong to it. Raises CityBrainError for an unknown part,
    and where there is no log.
    """
    parts = LOGS | {name: one.programs for name, one in components().items()}
    parts |= {program: (program,) for one in components().values() for program in one.programs}
    if part not in parts:
        raise CityBrainError(
            f"no part {part!r}", why=f"there are {', '.join(parts)}", remedy="citybrain logs streams", exit_code=2
        )
    rooms = {settings.home / "logs" / f"{program}.log" for program in parts[part]}
    rooms |= set((settings.home / "logs").glob(f"{part}-*.log"))
    found = sorted(path for path in rooms if path.exists())
    if not found:
        raise CityBrainError(
            f"there is no log of {part} in {settings.home / 'logs'}",
            why="it never ran here, or it runs elsewhere",
            remedy="`citybrain up` starts it; CITYBRAIN_HOME says which home is meant",
        )
    return found


def streams_is_healthy(settings: Settings) -> bool:
    """True when the streams have told their lag within the last 20 seconds (they do so every 5)."""
    import psycopg

    try:
        with psycopg.connect(settings.warehouse_url, connect_timeout=2) as connection:
            require_session(settings, connection)
            row = connection.execute(
                "select max(at_utc) > timezone('utc', now()) - interval '20 seconds' from ops.lag"
            ).fetchone()
    except (psycopg.Error, CityBrainError):
        return False
    return bool(row and row[0])


def state_of(component: Component, settings: Settings, processes: dict[str, ProcessState]) -> str:
    """healthy, starting, stopped or failed; asks the component itself, which takes 3 s at most."""
    if not component.is_embedded(settings):
        return "healthy" if component.is_healthy(settings) else "failed"
    if not processes and Supervisor(settings).pid_file.exists():
        return "failed"  # the supervisor was killed: what still runs is watched by nobody
    found = [processes[name] for name in component.programs if name in processes]
    words = {process.word for process in found}
    if len(found) < len(component.programs) or words == {"STOPPED"}:
        return "stopped"
    if words - {"RUNNING", "STARTING"}:
        return "failed"
    if component.is_healthy(settings):
        return "healthy"
    return "starting" if min(process.seconds for process in found) < STARTING_SECONDS else "failed"
