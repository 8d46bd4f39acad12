"""The truth about a run, kept outside of the pipeline: what was sent, what must land, what must be rejected and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from streams.contracts.registry import contract
from streams.simulators.feed import noise
from streams.simulators.feed.assembly import Play
from streams.simulators.town.world import CITY

TRUTH = "truth.json"


def summary(made: Play) -> dict[str, Any]:
    """Totals per topic, parameters, the bytes' sha256 and every planted piece of personal data.

    Names stand apart from the other canaries: a scrubber can promise every number, but of names only nearly all.
    """
    counts = made.records.group_by("topic", "outcome").len().rows()
    count = {(topic, outcome): n for topic, outcome, n in counts}
    rejected = made.malformed.group_by("topic", "rule").len().sort("topic", "rule").rows()
    topics = {}
    for topic in sorted({topic for topic, _ in count}):
        by_rule = {rule: n for of, rule, n in rejected if of == topic}
        topics[topic] = {
            "produced": sum(n for (of, _), n in count.items() if of == topic),
            "landed": count[topic, "valid"],
            "duplicates": count[topic, "duplicate"],
            "rejected": sum(by_rule.values()),
            "rejected_by_rule": by_rule,
            "late": int(made.events[topic]["is_late"].sum()),
            "cases": made.cases[topic].height,
            "unknown_codes": _count(made.events[topic], "category_code", noise.UNKNOWN_CODE),
            "new_fields": made.events[topic]["graft"].drop_nulls().len(),
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
            "noise": parameters.noise,
        },
        "sha256": made.sha256,
        "as_of_utc": max(frame["recorded_at_utc"].max() for frame in made.events.values()).isoformat(),  # type: ignore
        "topics": topics,
        "canaries": sorted(value for kind, values in made.canaries.items() if kind != "name" for value in values),
        "canary_names": made.canaries["name"],
        "canaries_in_dead_letters": made.secrets,
    }


def _count(frame: pl.DataFrame, column: str, value: str) -> int:
    return int((frame[column] == value).sum()) if column in frame.columns else 0


def read(directory: Path) -> dict[str, Any] | None:
    """The summary kept in the directory, or None."""
    path = directory / TRUTH
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(made: Play, directory: Path) -> dict[str, Any]:
    """Write truth.json, `cases/` and `events/` (one Parquet file per source), malformed, incidents and
    incident_members into the directory.

    The truth of another run is moved aside.

    truth.json is written last: where it lies, the tables beside it are whole. Files hold planted personal data, so
    the directory is its owner's only.
    """
    before = read(directory)
    if before and before["run"] != made.parameters.run_name:
        directory.replace(directory.with_name(before["run"]))
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / TRUTH).unlink(missing_ok=True)
    for name, frames in (("cases", made.cases), ("events", made.events)):
        (directory / name).mkdir(exist_ok=True)
        for topic, frame in frames.items():
            frame.write_parquet(directory / name / f"{contract(topic).source_key}.parquet")
    for name, frame in (
        ("malformed", made.malformed),
        ("incidents", made.incidents),
        ("incident_members", made.members),
    ):
        frame.write_parquet(directory / f"{name}.parquet")
    found = summary(made)
    draft = directory / f"{TRUTH}.new"
    draft.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(directory / TRUTH)
    return found


def landing(made: Play) -> dict[str, pl.DataFrame]:
    """Topic -> its distinct valid events as they will lie in the lake's silver: event_source, stage, event_at_utc and
    data, texts as well. For tools that measure on a city without any server."""
    return {topic: _landing(made.records.filter(pl.col("topic") == topic)) for topic in made.events}


def _landing(records: pl.DataFrame) -> pl.DataFrame:
    rows = [json.loads(value) for value in records.filter(pl.col("outcome") == "valid")["value"]]
    names = sorted({name for row in rows for name, value in row["data"].items() if not isinstance(value, dict | list)})
    at = pl.Series("event_at_utc", [row["time"] for row in rows]).str.to_datetime("%+", time_zone="UTC", time_unit="us")
    return pl.DataFrame(
        {name: [row["data"].get(name) for row in rows] for name in names}, infer_schema_length=None, strict=False
    ).with_columns(
        at.dt.replace_time_zone(None),
        stage=pl.Series([row["type"].split(".")[-2] for row in rows]),
        event_source=pl.Series([row["source"] for row in rows]),
    )
