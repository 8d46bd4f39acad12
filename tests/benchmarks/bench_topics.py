"""The kernel alone on every topic of the simulated city: how fast, and how much it can't certify by itself.

    python -m tests.benchmarks.bench_topics --scale 0.1

Plays the city, then parses each topic's records in one process without Spark. Prints one JSON object: per topic the
records, CPU microseconds for one, that cost against a hotline ticket's, the share sent to the one-record referee
(planted faults included), and the rejects by rule. Stops with an error where these aren't the planted ones, or where
the referee sees more than twice as many records as are planted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from streams.contracts.registry import contract
from streams.jobs.service import kernel
from streams.simulators.feed.assembly import play
from streams.simulators.town.world import Parameters
from streams.transforms import parse
from streams.transforms.kernel import RECORD_SCHEMA, Kernel
from tests.fixtures.records import HOTLINE

CHUNK = 50_000
DECIDED_LATER = {"id_conflict"}
"""Planted, but for the ledger to find: the kernel knows no other batch."""


def kafka_shaped(sent: pl.DataFrame) -> pl.DataFrame:
    """Records of one topic as they come from the broker, read when they were sent."""
    return sent.select(
        "key",
        "value",
        "topic",
        pl.lit(0).alias("partition"),
        pl.int_range(pl.len()).alias("offset"),
        pl.col("sent").alias("timestamp"),
        pl.lit(None).alias("headers"),
    ).cast(dict(RECORD_SCHEMA))


def measured(core: Kernel, topic: str, batch: pl.DataFrame) -> dict[str, Any]:
    """CPU, referred share and rules over one topic's records, in chunks as the workers get them."""
    rules: Counter[str] = Counter()
    referred, cpu = 0, 0.0
    one = contract(topic)
    core.parse(batch.head(1000))
    for chunk in batch.iter_slices(CHUNK):
        before = time.process_time()
        (parsed,) = core.parse(chunk)
        cpu += time.process_time() - before
        rules.update(parsed.rejects["rule"])
        referred += int((~parse.certified(core._extract(chunk, one), one)).sum())
    return {
        "records": batch.height,
        "cpu_microseconds": round(cpu / batch.height * 1e6, 1),
        "referred_share": round(referred / batch.height, 5),
        "referred": referred,
        "rejects": dict(sorted(rules.items())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1)
    options = parser.parse_args()
    zone = ZoneInfo("Asia/Shanghai")
    made = play(Parameters(42, datetime(2025, 7, 1, tzinfo=zone), datetime(2026, 10, 1, tzinfo=zone), options.scale))
    core = kernel()
    result: dict[str, dict[str, Any]] = {}
    wrong = []
    for topic in made.events:
        sent = made.records.filter(pl.col("topic") == topic)
        result[topic] = found = measured(core, topic, kafka_shaped(sent))
        planted = Counter(rule for rule in sent["rule"].drop_nulls() if rule not in DECIDED_LATER)
        if found["rejects"] != dict(planted):
            wrong.append(f"{topic}: rejects {found['rejects']}, planted {dict(planted)}")
        if found["referred"] > 2 * planted.total():
            wrong.append(f"{topic}: {found['referred']} records referred, {planted.total()} planted")
    for found in result.values():
        found["cost_against_a_ticket"] = round(found["cpu_microseconds"] / result[HOTLINE.topic]["cpu_microseconds"], 2)
    print(json.dumps(result, indent=2))
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
