"""What a real feed does to good data: it tells late, out of order, twice, and with members nobody announced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from streams.simulators.town.dice import DAY, MINUTE, SECOND, Dice, Ints, lognormal
from streams.simulators.town.family import Family

DUPLICATE_SHARE = 0.02


RESENDS = ((0.5, SECOND, 5 * MINUTE), (0.3, 10 * MINUTE, DAY), (0.2, DAY, 30 * DAY))
"""Duplicates: (share, shortest and longest time to the repetition in ms)."""


def recorded(dice: Dice, family: Family, end: int) -> Ints:
    """When the source knew of each event (ms); stages that are always known are told before `end` however late.

    Raises ValueError where such a stage happens at `end` or later: it would be told before it happened.
    """
    at = family.events["at"].to_numpy()
    rng, delays, n = dice.of(f"{family.topic}.recorded"), family.delays, len(at)
    delay = (lognormal(rng, delays.usual_seconds, 0.9, n) * SECOND).astype(np.int64) + 1
    luck, edge = rng.random(n), 0.0
    for share, low, high in (delays.slow, delays.late, delays.very_late):
        drawn = rng.integers(low, high, n)
        delay = np.where((luck >= edge) & (luck < edge + share), drawn, delay)
        edge += share
    is_known = family.events["stage"].is_in(list(family.always_known)).to_numpy()
    if (is_known & (at >= end)).any():
        raise ValueError(f"{family.topic}: an always known stage after the end of the run")
    return np.where(is_known, np.minimum(at + delay, end - 1), at + delay)


def resent(dice: Dice, topic: str, records: pl.DataFrame, end: int) -> pl.DataFrame:
    """Exact repetitions of some records (key, value, sent): near and far in time, some more than once."""
    rng, n = dice.of(f"{topic}.resent"), max(1, round(records.height * DUPLICATE_SHARE))
    row = rng.integers(0, records.height, n)
    luck, delay, edge = rng.random(n), np.zeros(n, dtype=np.int64), 0.0
    for share, low, high in RESENDS:
        delay = np.where((luck >= edge) & (luck < edge + share), rng.integers(low, high, n), delay)
        edge += share
    again = records[row]
    return again.with_columns(sent=pl.min_horizontal(pl.col("sent") + pl.Series(delay), pl.lit(end - 1)))


UNKNOWN_CODE_SHARE, NEW_FIELD_SHARE = 0.0004, 0.0003
UNKNOWN_CODE = "Z0999"
"""In no category scheme: such rows are kept and counted as unclassified."""


def with_unknown_codes(dice: Dice, family: Family) -> Family:
    """The family with a few cases (at least one) whose category code is on no list, in events and truth alike."""
    if "category_code" not in family.events.columns:
        return family
    coded = family.events.filter(pl.col("category_code").is_not_null())["case"].unique(maintain_order=True)
    rng = dice.of(f"{family.topic}.unknown")
    chosen = rng.choice(coded.to_numpy(), max(1, round(len(coded) * UNKNOWN_CODE_SHARE)), replace=False)
    chosen_cases = pl.Series(np.sort(chosen))
    unknown = pl.when(pl.col("category_code").is_not_null() & pl.col("case").is_in(chosen_cases.implode()))
    code = unknown.then(pl.lit(UNKNOWN_CODE)).otherwise("category_code").alias("category_code")
    cases = family.cases
    if "category_code" in cases.columns:
        cases = cases.with_row_index("case").cast({"case": pl.Int64}).with_columns(code).drop("case")
    return replace(family, cases=cases, events=family.events.with_columns(code))


def grafted(dice: Dice, topic: str, good: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The good records, a few of them with members that the contract doesn't know: strange, and to be accepted.

    Returns the records and, for each, the name of its strangeness or null. What they are is on GRAFTS.
    """
    rng, n = dice.of(f"{topic}.grafts"), good.height
    wanted = max(len(GRAFTS), round(n * NEW_FIELD_SHARE))
    rows = rng.choice(n, min(n, wanted), replace=False)
    names = [*GRAFTS, *["new_field"] * wanted][: len(rows)]
    values: list[bytes | None] = [None] * n
    labels: list[str | None] = [None] * n
    for row, name in zip(rows.tolist(), names, strict=True):
        labels[row] = name
        values[row] = good["value"][row].removesuffix(b"}}") + b"," + GRAFTS[name].encode() + b"}}"
    told = good.with_columns(pl.coalesce(pl.Series(values, dtype=pl.Binary), "value").alias("value"))
    return told, pl.Series("graft", labels, dtype=pl.String)


GRAFTS = {
    "new_field": '"试点字段":{"批次":"2026-01","启用":true}',
    "emoji_and_extension_b": '"附言":"门口的🕳️和𠮷野家旁的𪚥字招牌"',
    "escaped_characters": r'"附言":"\u9053\u8def\ud83d\ude97\t\"\\引号\""',
    "deep": '"附加":' + "[" * 60 + "]" * 60,
    "ten_thousand_keys": '"附加":{' + ",".join(f'"k{i}":{i}' for i in range(10_000)) + "}",
    "long_text": '"附言":"' + "长" * 100_000 + '"',
}
"""What is added to `data` -> how; each is kept, as it is, among the members outside of the contract."""
