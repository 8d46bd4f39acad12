"""The truth about a run, kept outside of the pipeline: what was sent, what must land, what must be rejected and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from streams.simulators.shuifu import CITY, Play

TRUTH = "truth.json"


def summary(made: Play) -> dict[str, Any]:
    """Totals per topic, parameters, the bytes' sha256 and every planted piece of personal data.

    Names stand apart from the other canaries: a scrubber can promise every number, but of names only nearly all.
    """
    counts = made.records.group_by("topic", "outcome").len().rows()
    count = {(topic, outcome): n for topic, outcome, n in counts}
    rejected = made.malformed.group_by("topic", "rule").len().sort("topic", "rule").rows()
    late = dict(made.events.group_by("topic").agg(pl.col("is_late").sum()).rows())
    topics = {}
    for topic in sorted({topic for topic, _ in count}):
        by_rule = {rule: n for of, rule, n in rejected if of == topic}
        topics[topic] = {
            "produced": sum(n for (of, _), n in count.items() if of == topic),
            "landed": count[topic, "valid"],
            "duplicates": count[topic, "duplicate"],
            "rejected": sum(by_rule.values()),
            "rejected_by_rule": by_rule,
            "late": late[topic],
        }
    parameters = made.parameters
    return {
        "city": CITY,
        "run": parameters.run_name,
        "parameters": {
            "seed": parameters.seed,
            "from": parameters.start.isoformat(),
            "to": parameters.end.isoformat(),
            "scale": parameters.scale,
        },
        "sha256": made.sha256,
        "as_of_utc": made.events["recorded_at_utc"].max().isoformat(),  # type: ignore[union-attr]
        "topics": topics,
        "canaries": sorted(value for kind, values in made.canaries.items() if kind != "name" for value in values),
        "canary_names": made.canaries["name"],
        "canaries_in_dead_letters": made.secrets,
    }


def read(directory: Path) -> dict[str, Any] | None:
    """The summary kept in the directory, or None."""
    path = directory / TRUTH
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(made: Play, directory: Path) -> dict[str, Any]:
    """Write truth.json, cases, events and malformed into the directory; the truth of another run is moved aside.

    truth.json is written last: where it lies, the tables beside it are whole. Files hold planted personal data, so
    the directory is its owner's only.
    """
    before = read(directory)
    if before and before["run"] != made.parameters.run_name:
        directory.replace(directory.with_name(before["run"]))
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / TRUTH).unlink(missing_ok=True)
    for name, frame in (("cases", made.cases), ("events", made.events), ("malformed", made.malformed)):
        frame.write_parquet(directory / f"{name}.parquet")
    found = summary(made)
    draft = directory / f"{TRUTH}.new"
    draft.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(directory / TRUTH)
    return found
