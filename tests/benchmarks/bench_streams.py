"""The simulated city through Kafka into the event log and the lake: seconds, CPU and memory until all is there.

    python -m tests.benchmarks.bench_streams --scale 1

Servers and home are its own. `citybrain simulate` fills the topics, then the streams start cold and run until they
have drained; the books must balance. Prints one JSON object: wall seconds, CPU seconds of the streams, of PostgreSQL
and of the broker, the highest resident memory of the streams' processes together (shared pages counted once), and the
driver's (its Python and its JVM) by the records that had passed.
CPU seconds tell what a noisy machine hides: on two free cores the wall time is about half of their sum.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil

from streams.books.state import progress, reconcile
from streams.warehouse.connection import connect
from tests.fixtures.streams import SERVICE, Room, own_room

MIB = 1 << 20

CURVE_STEP = 100_000
"""Records between two points of the driver's memory."""


def tree(pid: int) -> Iterator[psutil.Process]:
    """A process and all its descendants that are alive."""
    with suppress(psutil.NoSuchProcess):
        yield psutil.Process(pid)
        yield from psutil.Process(pid).children(recursive=True)


def cpu_seconds(pids: list[int]) -> float:
    """Of the processes, their descendants and those of them that have ended."""
    total = 0.0
    for pid in pids:
        for process in tree(pid):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


def drained(room: Room) -> dict[str, Any]:
    """Run the streams until they have drained; what it took, and the driver's memory while records passed."""
    log = room.settings.home / "logs" / "streams.log"
    began, cpu, peak = time.monotonic(), 0.0, 0
    curve: dict[int, int] = {}
    with log.open("ab") as out:
        service = subprocess.Popen([*SERVICE, "--drain"], env=room.env, stdout=out, stderr=out)
    with connect(room.settings, "loader", autocommit=True) as books:
        while service.poll() is None:
            cpu = max(cpu, cpu_seconds([service.pid]))
            driver = tasks = 0
            for process in tree(service.pid):
                with suppress(psutil.Error):
                    held = process.memory_full_info().pss
                    if "pyspark.daemon" in process.cmdline():
                        tasks += held
                    else:
                        driver += held
            peak = max(peak, driver + tasks)
            passed = sum(one.records for one in progress(books).values())
            curve[passed // CURVE_STEP * CURVE_STEP] = round(driver / MIB)
            time.sleep(1)
    if service.returncode:
        raise SystemExit(f"the streams ended with {service.returncode}: {log.read_text(errors='replace')[-2000:]}")
    seconds = time.monotonic() - began
    return {
        "wall_seconds": round(seconds, 1),
        "streams_cpu_seconds": round(cpu, 1),
        "peak_mib": round(peak / MIB),
        "driver_mib_by_records": curve,
    }


def servers(room: Room) -> dict[str, list[int]]:
    """Process ids of the room's own PostgreSQL and broker."""
    home = str(room.settings.home)
    found: dict[str, list[int]] = {"postgres": [], "kafka": []}
    for process in psutil.process_iter(["pid", "name", "cmdline"]):
        words = process.info["cmdline"] or []
        if "kafka.Kafka" in words and any(home in word for word in words):
            found["kafka"].append(process.info["pid"])
        elif process.info["name"] == "postgres" and any(home in word for word in words):
            found["postgres"].append(process.info["pid"])
    if not all(found.values()):
        raise SystemExit(f"the room's servers were not found: {found}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--from", dest="first", help="first local day; default: the simulator's")
    parser.add_argument("--to", help="end, exclusive; default: the simulator's")
    options = parser.parse_args()
    with own_room() as room:
        span = [word for name, day in (("--from", options.first), ("--to", options.to)) if day for word in (name, day)]
        began = time.monotonic()
        done = room.citybrain("simulate", "--scale", options.scale, *span, seconds=1800)
        if done.returncode:
            raise SystemExit(done.stderr)
        simulated = time.monotonic() - began
        pids = servers(room)
        before = {name: cpu_seconds(found) for name, found in pids.items()}
        result = drained(room)
        books = reconcile(room.settings)
        result |= {f"{name}_cpu_seconds": round(cpu_seconds(found) - before[name], 1) for name, found in pids.items()}
    unbalanced = [topic for topic, one in books.items() if not one.is_balanced]
    if unbalanced:
        raise SystemExit(f"the books do not balance: {', '.join(unbalanced)}")
    records = sum(one.produced for one in books.values())
    print(
        json.dumps(
            {
                "cores": os.cpu_count(),
                "load_average": os.getloadavg()[0],
                "records": records,
                "topics": sum(one.produced > 0 for one in books.values()),
                "simulate_seconds": round(simulated, 1),
                **result,
                "records_per_second": round(records / result["wall_seconds"]),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
