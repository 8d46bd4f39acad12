"""The kernel against the textbook, in one Spark session on the same records; checked to give the same answer.

    python -m tests.benchmarks.bench_kernel --records 200000

Both read the same Parquet file of Kafka-shaped records and end with distinct, typed, located, scrubbed events that
go nowhere. The textbook does it the usual way: from_json, a filter, dropDuplicates, regexp_replace, a row-at-a-time
Python UDF for the grid. It does less: no duplicate names, no exact types, no names of persons, no lateness, no
content hash, no contradictions, no reasons. Prints one JSON object: records per second and CPU seconds per million
records of the whole process tree (JVM and Python workers), best of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pyarrow as pa
import shapely

from streams.jobs import chunks
from streams.jobs.query import session
from streams.jobs.service import kernel
from streams.settings import Settings
from streams.sources.envelope import envelopes
from streams.transforms.dedupe import KNOWN_SCHEMA, decide, identified
from streams.transforms.kernel import RECORD_SCHEMA
from tests.fixtures.records import HOTLINE, pack

BROKEN_SHARE = 0.01
START = datetime(2026, 8, 1)
HEADERS = (("citybrain-run", b"bench"), ("citybrain-seq", b"12345"))
PATTERNS = (r"1[3-9]\d{9}", r"\d{17}[\dXx]", r"[\u4e00-\u9fa5][A-Z][A-Z0-9]{5,6}", r"[\w.]+@[\w.]+")


def records(count: int) -> pl.DataFrame:
    """Tickets of 90 days all over Shuifu with free text; one in a hundred is cut off in the middle."""
    random = np.random.default_rng(1)
    offsets = random.integers(0, 90 * 86_400_000, count)
    at = pl.Series(offsets).cast(pl.Duration("ms")) + START
    stages = np.array(HOTLINE.stages)
    names = np.array(["噪声扰民", "道路破损", "暴露垃圾", "路灯不亮"])
    frame = pl.DataFrame(
        {
            "event_source": ["/shuifu/hotline"] * count,
            "event_at_utc": at,
            "recorded_at_utc": at + timedelta(minutes=3),
            "city_code": ["shuifu"] * count,
            "case_id": [f"SF{number:010d}" for number in random.integers(0, count, count)],
            "stage": stages[random.integers(0, len(stages), count)],
            "channel": ["phone"] * count,
            "category_name": names[random.integers(0, len(names), count)],
            "unit_code": [f"unit_{number}" for number in random.integers(0, 30, count)],
            "longitude": random.uniform(104.25, 104.45, count),
            "latitude": random.uniform(28.35, 28.65, count),
            "text": [
                f"反映第{number}号楼门口长期无人处理，影响夜间出行。" for number in random.integers(1, 99_999, count)
            ],
        }
    )
    made = envelopes(frame, HOTLINE)
    is_broken = pl.Series(random.random(count) < BROKEN_SHARE)
    return made.with_columns(
        value=pl.when(is_broken).then(pl.col("value").bin.head(200)).otherwise("value"),
        topic=pl.lit(HOTLINE.topic),
        partition=pl.lit(0),
        offset=pl.int_range(count),
        timestamp=pl.lit(START + timedelta(days=200)),
        headers=pl.lit([{"key": name, "value": value} for name, value in HEADERS]),
    ).select(*RECORD_SCHEMA)


def textbook(spark: Any, source: str) -> Any:
    """The usual way, one DataFrame."""
    from pyspark.sql import functions as f

    from streams.reference.registry import grids

    codes = [grid.grid_code for grid in grids("shuifu")]
    polygons = [shapely.Polygon(grid.points) for grid in grids("shuifu")]
    tree = shapely.STRtree(polygons)

    def locate(longitude: float | None, latitude: float | None) -> str | None:
        if longitude is None or latitude is None:
            return None
        hits = tree.query(shapely.Point(longitude, latitude), predicate="intersects")
        return codes[min(hits)] if len(hits) else None

    types = {"number": "double", "boolean": "boolean", "timestamp": "timestamp"}
    data = ", ".join(f"{one.name} {types.get(one.logical_type, 'string')}" for one in HOTLINE.fields)
    schema = (
        "specversion string, id string, source string, type string, subject string, time timestamp,"
        f" recordedtime timestamp, datacontenttype string, data struct<{data.replace(' ', ':').replace(',:', ', ')}>"
    )
    parsed = spark.read.parquet(source).select(f.from_json(f.col("value").cast("string"), schema).alias("e"))
    valid = parsed.where(
        "e.id is not null and e.source is not null and e.time is not null and e.recordedtime is not null"
        " and e.data.city_code = 'shuifu' and e.data.case_id is not null"
        f" and e.data.stage in ({', '.join(map(repr, HOTLINE.stages))})"
        " and e.data.longitude between -180 and 180 and e.data.latitude between -90 and 90"
    )
    grid = f.udf(locate, "string")("e.data.longitude", "e.data.latitude")
    text = f.col("e.data.text")
    for pattern in PATTERNS:
        text = f.regexp_replace(text, pattern, "*")
    distinct = valid.select("e.*", "e").dropDuplicates(["source", "id"])
    return distinct.select("e.*", grid.alias("grid_code"), text.alias("clean_text"))


def ours(spark: Any, source: str, shared: Any) -> pl.DataFrame:
    """The kernel in the tasks, which keep what they made, and the decision over all of it."""

    def work(frames: Iterator[pl.DataFrame]) -> Iterator[tuple[str]]:
        for frame in frames:
            for parsed in shared.value.parse(frame):
                path = f"{source}.{uuid.uuid4().hex}"
                identified(parsed.rows, parsed.topic).write_parquet(path, compression="uncompressed")
                yield (path,)

    paths = [Path(path) for (path,) in chunks.run_tasks(spark.read.parquet(source), work, {"path": "string"})]
    rows = pl.concat(pl.read_parquet(path) for path in paths)
    for path in paths:
        path.unlink()
    return decide(rows, KNOWN_SCHEMA.to_frame()).filter(pl.col("verdict") == "landed")


def cpu_seconds() -> float:
    """User and system time of this process and all its descendants, ended ones included."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def measured(work: Callable[[], Any], rounds: int, count: int) -> dict[str, float]:
    """Best of the rounds, after one that warms up."""
    work()
    best = {"records_per_second": 0.0, "cpu_seconds_per_million": float("inf")}
    for _ in range(rounds):
        cpu, wall = cpu_seconds(), time.perf_counter()
        work()
        wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
        best["records_per_second"] = max(best["records_per_second"], round(count / wall))
        best["cpu_seconds_per_million"] = min(best["cpu_seconds_per_million"], round(cpu / count * 1e6, 1))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        settings = Settings.load(os.environ | {"CITYBRAIN_HOME": place})
        source = str(Path(place) / "records.parquet")
        made = records(options.records).with_columns(pl.col("timestamp").dt.replace_time_zone("UTC"))
        made.write_parquet(source, row_group_size=options.records // 4)
        core = kernel()
        batch = made[:50_000].with_columns(headers=pl.lit(pack(HEADERS)))
        batch = chunks.records_of(pa.Table.from_batches(batch.to_arrow().to_batches()))
        core.parse(batch)
        alone = time.process_time()
        core.parse(batch)
        alone = (time.process_time() - alone) / batch.height * 1e6
        spark = session(settings)
        shared = spark.sparkContext.broadcast(core)
        book = textbook(spark, source)
        expected = (book.count(), book.where("grid_code is not null").count())
        landed = ours(spark, source, shared)
        found = (landed.height, landed.height - landed["grid_code"].null_count())
        if found != expected:
            raise SystemExit(f"the answers differ: textbook {expected}, kernel {found}")
        result = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "records": options.records,
            "distinct": found[0],
            "in_a_grid": found[1],
            "kernel_alone_cpu_seconds_per_million": round(alone, 1),
            "kernel": measured(
                lambda: ours(spark, source, shared),
                options.rounds,
                options.records,
            ),
            "textbook": measured(
                lambda: textbook(spark, source).write.format("noop").mode("overwrite").save(),
                options.rounds,
                options.records,
            ),
        }
        result["times_faster"] = round(
            result["kernel"]["records_per_second"] / result["textbook"]["records_per_second"], 1
        )
        print(json.dumps(result, indent=2))
        spark.stop()


if __name__ == "__main__":
    main()
