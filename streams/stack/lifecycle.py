"""Up, down and clean: steps in their order, each safe to interrupt and to repeat."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams import ownership
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings
from streams.stack import airflow, anew, credentials, home, kafka, ports, postgres, services, superset
from streams.stack.supervisor import Supervisor

Listener = Callable[[str, str], None]
"""Hears (component, words) when something begins or ends; called from several threads."""

NAMES = {"postgres": "warehouse"}
"""Other words by which a component may be asked for."""

HEALTH_SECONDS = {
    "warehouse": 120.0,
    "kafka": 120.0,
    "streams": 300.0,
    "airflow": 300.0,
    "superset": 300.0,
    "api": 120.0,
}
"""Patience with each; a busy machine of two cores needs a third of it."""


@dataclass(frozen=True)
class Step:
    """A component's way up, begun when the steps that it needs are through."""

    needs: tuple[str, ...]
    run: Callable[[], None]


class CalledOffError(Exception):
    """Work in a thread was called off, because the person or another step ended the whole."""


def up(
    settings: Settings,
    only: list[str] | None = None,
    listen: Listener = lambda component, words: None,
    *,
    adopt: bool = False,
    new_warehouse: anew.SetAside | None = None,
) -> None:
    """Start what is asked for (all by default, with what it needs) and wait until each is healthy.

    Raises CityBrainError for an unknown name, a component that does not become healthy, or a second `up`.
    What already runs is left alone; after an error or Ctrl-C the same call goes on where it stopped.
    `adopt` takes the broker and the warehouse that the settings name for this home's, whatever it had before;
    `new_warehouse` (how the lake's events are set aside) begins with an empty one where the home's own is lost.
    """
    wanted = _with_needs(only)
    home.prepare(settings)
    with _alone(settings):
        supervisor = Supervisor(settings)
        if new_warehouse:
            _begin_anew(settings, supervisor, listen, new_warehouse)
        anew.require_none_lost(settings)
        ports.remember(settings)
        if adopt:
            ownership.forget(settings)
        credentials.ensure(settings)  # before the parts that need it come up side by side
        if settings.embedded_warehouse:
            listen("warehouse", "preparing")
            postgres.prepare(settings)
        if settings.embedded_kafka:
            listen("kafka", "preparing")
            kafka.prepare(settings)
        supervisor.ensure(services.programs(settings))
        work = _Work(settings, supervisor, listen)
        _run({name: step for name, step in work.steps().items() if name in wanted}, work.called_off)


def down(settings: Settings, listen: Listener = lambda component, words: None) -> list[str]:
    """Stop everything of this home, orphans of a killed supervisor included; returns the programs that it ended.

    Nothing running is no error. What other homes run, on whatever port, is neither touched nor told of.
    """
    if not settings.home.exists():
        return []
    home.prepare(settings)
    ended: list[str] = []
    with _alone(settings):
        supervisor = Supervisor(settings)
        supervisor.stop([services.WATCH])  # or it would tell of parts that are gone on purpose
        for names in (("api", "superset", "airflow", "streams"), ("kafka", "warehouse")):
            alive = {name for name, state in supervisor.states().items() if state.pid}
            found = [one for one in map(services.components().get, names) if one and alive & set(one.programs)]
            for component in found:
                listen(component.name, "stopping")
            running = [program for component in found for program in component.programs if program in alive]
            supervisor.stop(running)
            for component in found:
                listen(component.name, "stopped")
            ended += running
        left = supervisor.shutdown()
        if left:
            listen("left over", f"{len(left)} processes of a killed supervisor ended")
    return ended + [f"process {pid}" for pid in left]


def clean(settings: Settings, listen: Listener = lambda component, words: None) -> None:
    """Stop the stack and remove all state of this home: events, warehouse, lake, logins, logs.

    Raises CityBrainError when the directory does not look like a home of ours.
    """
    if not settings.home.exists():
        return
    _require_own_home(settings.home)
    down(settings, listen)
    postgres.remove(settings)
    shutil.rmtree(settings.home)


def _begin_anew(settings: Settings, supervisor: Supervisor, listen: Listener, set_lake_aside: anew.SetAside) -> None:
    if supervisor.is_alive():
        raise CityBrainError(
            "parts of this home run",
            why="what counts by the lost server can't be set aside under them",
            remedy="citybrain down, then the same command",
            exit_code=2,
        )
    anew.begin(settings, listen, set_lake_aside)
    home.prepare(settings)


class _Work:
    """The steps of one `up`."""

    def __init__(self, settings: Settings, supervisor: Supervisor, listen: Listener) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self.listen = listen
        self.called_off = threading.Event()

    def steps(self) -> dict[str, Step]:
        return {
            "warehouse": Step((), self._warehouse),
            "kafka": Step((), self._kafka),
            "streams": Step(("warehouse", "kafka"), lambda: self._start("streams")),
            "airflow": Step(("warehouse",), self._airflow),
            "superset": Step(("warehouse",), self._superset),
            "api": Step(("warehouse",), lambda: self._start("api")),
        }

    def _warehouse(self) -> None:
        from streams.reference import load
        from streams.warehouse import ddl

        self._start("warehouse", is_last=False)
        self.listen("warehouse", "logins, tables, reference data")
        postgres.ensure_databases(self.settings)
        ddl.apply(self.settings)
        load.load(self.settings)
        self.supervisor.start(services.WATCH)
        self.listen("warehouse", "healthy")

    def _kafka(self) -> None:
        from streams.bus import admin

        self._start("kafka", is_last=False)
        self.listen("kafka", "topics")
        admin.ensure_topics(self.settings)
        self.listen("kafka", "healthy")

    def _airflow(self) -> None:
        self.listen("airflow", "metadata")
        airflow.prepare(self.settings, self._tool)
        self._start("airflow")

    def _superset(self) -> None:
        self.listen("superset", "metadata, users")
        superset.prepare(self.settings, self._tool)
        self._start("superset")

    def _start(self, name: str, is_last: bool = True) -> None:
        component = services.components()[name]
        logs = {program: _size(self._log(program)) for program in component.programs}
        self.listen(name, "starting")
        if component.is_embedded(self.settings):
            for program in component.programs:
                self.supervisor.start(program)
        deadline = time.monotonic() + HEALTH_SECONDS[name]
        while not component.is_healthy(self.settings):
            if self.called_off.wait(0.3):
                raise CalledOffError
            states = self.supervisor.states()
            dead = [one for one in component.programs if one in states and states[one].word in ("FATAL", "EXITED")]
            if dead or time.monotonic() > deadline:
                program = (dead or list(component.programs))[0]
                raise CityBrainError(
                    f"{name} did not become healthy" + ("" if dead else f" in {HEALTH_SECONDS[name]:.0f} s"),
                    why=_since(self._log(program), logs[program]) or "its log says nothing",
                    remedy=f"read {self._log(program)}; `citybrain doctor` checks the machine",
                )
        if is_last:
            self.listen(name, "healthy")

    def _log(self, program: str) -> Path:
        return self.settings.home / "logs" / f"{program}.log"

    def _tool(self, command: list[str], env: dict[str, str], name: str) -> None:
        """A once-only tool, its words in a log; ended with its children when the work is called off."""
        log = self._log(name)
        before = _size(log)
        with log.open("ab") as out:
            tool = subprocess.Popen(
                command,
                env={**os.environ, **env, home.MARK: str(self.settings.home)},
                cwd=CHECKOUT,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        while tool.poll() is None:
            if self.called_off.wait(0.1):
                os.killpg(tool.pid, signal.SIGTERM)
                tool.wait()
                raise CalledOffError
        if tool.returncode:
            raise CityBrainError(
                f"{name} failed (exit {tool.returncode})", why=_since(log, before), remedy=f"read {log}"
            )


def _with_needs(only: list[str] | None) -> set[str]:
    known = services.components()
    if only is None:
        return set(known)
    wanted = {NAMES.get(name, name) for name in only}
    unknown = sorted(wanted - set(known))
    if unknown:
        raise CityBrainError(
            f"no component {', '.join(unknown)}",
            why=f"there are {', '.join(known)}",
            remedy="for example: citybrain up --only kafka,warehouse",
            exit_code=2,
        )
    if wanted & {"streams", "airflow", "superset", "api"}:
        wanted.add("warehouse")
    if "streams" in wanted:
        wanted.add("kafka")
    return wanted


def _run(steps: dict[str, Step], called_off: threading.Event) -> None:
    """Run steps in threads as their needs allow; the first failure (or Ctrl-C) calls the others off, and is raised."""
    done: set[str] = set()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        try:
            while len(done) < len(steps):
                for name, step in steps.items():
                    if name not in done and name not in running.values() and set(step.needs) <= done:
                        running[pool.submit(step.run)] = name
                finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                    done.add(running.pop(future))
        except BaseException:
            called_off.set()
            raise


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One `up`, `down` or `clean-state` of a home at a time; the lock dies with its process."""
    path = settings.home / "supervisor/lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CityBrainError(
                "another `citybrain` starts or stops this stack just now",
                why=f"process {lock.read().strip() or 'unknown'} holds {path}",
                remedy="wait for it to end, then try again",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _require_own_home(path: Path) -> None:
    is_ours = (path / "supervisor").is_dir() or (path / "secrets.json").is_file()
    protected = (CHECKOUT, Path.home().resolve(), Path("/"))
    if not is_ours or any(path == one or path in one.parents for one in protected):
        raise CityBrainError(
            f"{path} is not removed",
            why="it does not look like a state directory of the City Brain",
            remedy="check CITYBRAIN_HOME",
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _since(path: Path, offset: int) -> str:
    """The last words of a log after `offset`."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(min(offset, _size(path)))
        return " ".join(log.read().decode(errors="replace").split()[-60:])
