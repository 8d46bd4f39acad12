"""The supervisor: its configuration, its control socket, and what a killed one leaves behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from xmlrpc.client import Error as RpcError
from xmlrpc.client import Fault, ServerProxy

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings, write_private
from streams.stack import home

if TYPE_CHECKING:
    import psutil

START_SECONDS = 15.0
STOP_SECONDS = 75.0
SOCKET_PATH_BYTES = 100
"""Linux takes socket addresses of 107 bytes; the supervisor appends a suffix while it binds."""

UNREACHABLE = (OSError, HTTPException, RpcError)

NOT_FOR_CHILDREN = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST")


@dataclass(frozen=True)
class Program:
    """One supervised process, restarted when it dies; started by `up` in its order, not by the supervisor."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 30
    directory: Path = CHECKOUT
    stops_alone: bool = False
    """Only the process itself is asked to stop: it ends its children when they are done."""


@dataclass(frozen=True)
class ProcessState:
    """What the supervisor says of a program: its word (RUNNING, FATAL, ...), pid and seconds since its start."""

    word: str
    pid: int
    seconds: float
    description: str


class Supervisor:
    """Control of the supervisor of one CITYBRAIN_HOME."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.room = settings.home / "supervisor"
        self.config = self.room / "supervisord.conf"
        self.pid_file = self.room / "supervisord.pid"

    @property
    def socket(self) -> Path:
        """Control socket, mode 700; below /tmp where the home's own path is too long for a socket."""
        path = self.room / "supervisor.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        return Path("/tmp") / f"citybrain-{os.geteuid()}-{digest}" / "supervisor.sock"  # noqa: S108 - made with 700

    def is_alive(self) -> bool:
        """True when a supervisor answers at the socket."""
        try:
            return self._call().getState()["statename"] in ("RUNNING", "RESTARTING")
        except UNREACHABLE:
            return False

    def ensure(self, programs: Iterable[Program]) -> None:
        """Have a supervisor that knows exactly these programs; a changed program is stopped and taken up anew.

        What a killed supervisor left (socket, pid file, children) is cleared first.
        """
        text = self._render(list(programs))
        if self.is_alive():
            self._write_config(text)
            self._reload()
            return
        end_orphans(self.settings)
        self._write_config(text)
        self.socket.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)
        done = subprocess.run(
            [str(Path(sys.prefix) / "bin/supervisord"), "-c", str(self.config)],
            cwd=CHECKOUT,
            env=self._environment(),
            capture_output=True,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal is not for the services
            check=False,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_alive():
            if done.returncode or time.monotonic() > deadline:
                raise CityBrainError(
                    "the supervisor did not start",
                    why=" ".join((done.stderr or done.stdout or "it does not answer").split()[-40:]),
                    remedy=f"read {self.settings.home / 'logs/supervisord.log'}, then `citybrain down` and `up`",
                )
            time.sleep(0.1)

    def states(self) -> dict[str, ProcessState]:
        """Program -> state; empty when no supervisor runs."""
        try:
            return {
                info["name"]: ProcessState(
                    info["statename"], info["pid"], max(0, info["now"] - info["start"]), info["description"]
                )
                for info in self._call().getAllProcessInfo()
            }
        except UNREACHABLE:
            return {}

    def start(self, name: str) -> None:
        """Start a program unless it runs; returns at once, health is the caller's question."""
        with contextlib.suppress(Fault):  # ALREADY_STARTED, or it died at once: its state tells
            self._call().startProcess(name, False)

    def stop(self, names: Iterable[str]) -> None:
        """Stop these programs together and wait until they are gone."""
        names = [name for name in names if name in self.states()]
        for name in names:
            with contextlib.suppress(Fault):  # NOT_RUNNING
                self._call().stopProcess(name, False)
        ended = ("STOPPED", "EXITED", "FATAL", "UNKNOWN")
        _wait(lambda: all(state.word in ended for key, state in self.states().items() if key in names))

    def shutdown(self) -> list[int]:
        """End the supervisor and whatever it still runs; afterwards nothing of this home's stack is left.

        Returns the pids of processes that no supervisor watched any more.
        """
        if self.is_alive():
            pid = _number(self.pid_file)
            with contextlib.suppress(*UNREACHABLE):
                self._call().shutdown()
            # It takes its pid file away before it ends, and would be told of as an orphan of itself.
            _wait(lambda: not self.is_alive() and not self.pid_file.exists() and not _runs(pid))
        orphans = end_orphans(self.settings)
        self.socket.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)
        return orphans

    def _call(self) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        return ServerProxy("http://127.0.0.1", transport=cast(Any, transport)).supervisor

    def _reload(self) -> None:
        added, changed, removed = self._call().reloadConfig()[0]
        self.stop([*changed, *removed])
        for name in (*changed, *removed):
            self._call().removeProcessGroup(name)
        for name in (*added, *changed):
            self._call().addProcessGroup(name)

    def _write_config(self, text: str) -> None:
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent.stat().st_uid != os.geteuid():
            raise CityBrainError(
                f"{self.socket.parent} belongs to another user",
                why="the supervisor's control socket must be ours alone",
                remedy="set CITYBRAIN_HOME to a shorter path",
            )
        write_private(self.config, text)

    def _environment(self) -> dict[str, str]:
        """Our own environment without what belongs to this Python alone, plus the mark of the home."""
        env = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
        return env | {home.MARK: str(self.settings.home), "TZ": "UTC", "LC_ALL": "C.UTF-8"}

    def _render(self, programs: list[Program]) -> str:
        logs = self.settings.home / "logs"
        lines = [
            "[unix_http_server]",
            f"file={self.socket}",
            "chmod=0700",
            "[supervisord]",
            f"logfile={logs / 'supervisord.log'}",
            "logfile_maxbytes=5MB",
            "logfile_backups=2",
            f"pidfile={self.pid_file}",
            f"childlogdir={logs}",
            f"directory={CHECKOUT}",
            "umask=077",
            *(["user=root"] if os.geteuid() == 0 else []),
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for program in programs:
            env = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(program.env.items()))
            lines += [
                f"[program:{program.name}]",
                f"command={_escaped(shlex.join(program.command))}",
                f"directory={program.directory}",
                f"environment={env}",
                *([f"user={program.user}"] if program.user else []),
                "autostart=false",
                "autorestart=true",
                "startsecs=3",
                "startretries=5",
                f"stopsignal={program.stop_signal}",
                f"stopwaitsecs={program.stop_seconds}",
                f"stopasgroup={'false' if program.stops_alone else 'true'}",
                "killasgroup=true",
                "redirect_stderr=true",
                f"stdout_logfile={logs / (program.name + '.log')}",
                "stdout_logfile_maxbytes=10MB",
                "stdout_logfile_backups=3",
            ]
        return "\n".join(lines) + "\n"


def end_orphans(settings: Settings) -> list[int]:
    """End processes of this home's stack that have no supervisor any more; returns their pids."""
    import psutil

    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = [one for one in psutil.process_iter() if one.pid not in ours and belongs(one, settings)]
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs(found, timeout=20)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return [process.pid for process in found]


def belongs(process: psutil.Process, settings: Settings) -> bool:
    """True when the process is of this home's stack, be its supervisor alive or not.

    The mark in the environment tells it. Some programs overwrite their environment with their title: of these,
    Airflow's stay in the supervisor's session, and PostgreSQL is known by its pid file.
    """
    import psutil

    try:
        return (
            process.environ().get(home.MARK) == str(settings.home)
            or _session(settings) == os.getsid(process.pid)
            or (process.name() == "postgres" and process.pid == _postmaster(settings))
        )
    except (psutil.Error, OSError):
        return False


def _session(settings: Settings) -> int | None:
    """Session of the supervisor that runs or ran last; None when that number has come to mean another session."""
    import psutil

    pid_file = Supervisor(settings).pid_file
    pid = _number(pid_file)
    if pid is None or pid_file.stat().st_mtime < psutil.boot_time():
        return None
    try:
        return pid if "supervisord" in " ".join(psutil.Process(pid).cmdline()) else None
    except psutil.NoSuchProcess:  # killed; the number stays reserved while its session has members
        return pid


def _postmaster(settings: Settings) -> int | None:
    from streams.stack import postgres

    return _number(postgres.place(settings).data / "postmaster.pid")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _runs(pid: int | None) -> bool:
    """False of a process that has ended, be it buried by its parent or not."""
    import psutil

    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """A value of `environment=`: the supervisor knows quotes around it, but no escapes inside."""
    if '"' in text or "\n" in text or text.strip("'") != text:
        raise CityBrainError(
            "a setting can't be handed to the services",
            why="its value holds a quotation mark or a line break",
            remedy="percent-encode it (%22, %27, %0A) in the URL",
        )
    return f'"{_escaped(text)}"'


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.1)
