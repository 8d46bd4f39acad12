"""Fusion of many reports, and of one in a hundred more: seconds, and whether both give the same.

    python -m tests.benchmarks.bench_fusion --reports 250000 500000 1000000

An invented town of 50 km² in which 300 reports come a day, a third of them of things that others tell of too; more
reports are more days. Prints one JSON object per size: `fuse_seconds` of all, `again_seconds` of the last 1 % by time
on top of the others, its share, and `is_same`: the links of both ways are equal.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import timedelta

import numpy as np
import polars as pl

from streams.fusion.evidence import KEY, REPORTS, TIES
from streams.fusion.incidents import fuse, fuse_again
from tests.unit.fusion.worlds import CODES, METRE, SOUTH, SPOTS, START, WEST

PER_DAY, SIDE_METRES = 300, 7_000.0
ALONE_SHARE = 0.7


def town(n: int, seed: int = 1) -> pl.DataFrame:
    """n reports as `worlds.town` draws them, all at once."""
    rng = np.random.default_rng(seed)
    shared = round(n * (1 - ALONE_SHARE) / 3)
    things = round(n * ALONE_SHARE) + shared
    thing = np.concatenate([np.arange(things), rng.integers(0, shared, n - things)])
    days = n / PER_DAY
    place, at = rng.uniform(0, SIDE_METRES, (things, 2)), rng.uniform(0, days * 24, things)
    told = place[thing] + rng.normal(0, 29, (n, 2))
    hours = at[thing] + rng.lognormal(np.log(2), 1.5, n).clip(max=96)
    code = rng.integers(0, len(CODES), n)
    spot = rng.integers(0, len(SPOTS), things)[thing]
    texts = np.array([[None if said is None else spot + said for *_, said in CODES] for spot in SPOTS], dtype=object)
    columns = {name: np.array([one[i] for one in CODES])[code] for i, name in enumerate(("source", "scheme", "code"))}
    return pl.DataFrame(
        {
            "city_code": ["shuifu"] * n,
            "source": columns["source"],
            "subject": [f"{i:09d}" for i in range(n)],
            "told_at_utc": pl.Series((hours * 3_600_000_000).astype(np.int64)).cast(pl.Duration("us")) + START,
            "longitude": WEST + told[:, 0] * METRE / np.cos(np.radians(SOUTH)),
            "latitude": SOUTH + told[:, 1] * METRE,
            "category_scheme": columns["scheme"],
            "category_code": columns["code"],
            "text": texts[spot, code].tolist(),
            "county_code": ["530681"] * n,
        },
        schema=REPORTS,
    )


def measured(n: int) -> dict[str, float | int | bool]:
    reports, ties = town(n).sort("told_at_utc"), TIES.to_frame()
    few = max(1, n // 100)
    begun = time.perf_counter()
    whole = fuse(reports, ties)
    seconds = time.perf_counter() - begun
    before = fuse(reports.head(-few), ties)
    begun = time.perf_counter()
    changed, renamed = fuse_again(reports, ties, before, reports.tail(few).select(KEY))
    again = time.perf_counter() - begun
    both = pl.concat([before.join(changed, on=KEY, how="anti"), changed]).sort(KEY)
    return {
        "reports": n,
        "days": round(timedelta(days=n / PER_DAY).days),
        "incidents": whole["incident_id"].n_unique(),
        "fuse_seconds": round(seconds, 1),
        "again_seconds": round(again, 2),
        "again_share": round(again / seconds, 4),
        "weighed_again": changed.height,
        "aliases": renamed.height,
        "is_same": both.equals(whole),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, nargs="+", default=[250_000, 500_000, 1_000_000])
    for n in parser.parse_args().reports:
        print(json.dumps(measured(n)), flush=True)


if __name__ == "__main__":
    main()
