"""What a family hands back: one source system's stream, as plain frames, before any byte is made of it.

A family is one module with `play(world: World) -> Family`, listed in `assembly.FAMILIES`. It draws whole lives, to
whatever end they come, and knows nothing of lateness, duplicates, broken records or bytes: the assembly in
`feed` does that for all of them alike, and cuts off what is known only after the end.

    def play(world: World) -> Family:
        n = world.count(per_day=3.0)
        received, _ = world.season.draw(world.dice.of("petition.received"), CALLS_BY_HOUR, n)
        cases = pl.DataFrame({"case_id": world.numbers("XF", received), "channel": …, "true_grid_code": …})
        log = Log()
        log.add("registered", np.ones(n, dtype=bool), received, due_at=due)
        log.add("closed", is_closed, closed, unit_code=unit)
        events = told(log.events(), cases, {"registered"})
        return Family("city.petition.matter.v1", "/shuifu/petition", cases, events, DELAYS, frozenset({"registered"}))
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.town.dice import Ints, Mask
from streams.simulators.town.texts import Canaries


@dataclass(frozen=True)
class Delays:
    """How a source comes to know of things: usual seconds, and shares of slow, late and very late records."""

    usual_seconds: float
    slow: tuple[float, int, int]
    late: tuple[float, int, int]
    very_late: tuple[float, int, int]
    """Each: (share, shortest and longest delay in ms). `late` and `very_late` lie beyond the contract's limit."""


def last_stages(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per case of which anything is known: its own columns, first and last event, last stage."""
    life = (
        events.sort("event_at_utc", maintain_order=True)
        .group_by("case", maintain_order=True)
        .agg(
            pl.col("event_at_utc").first().alias("first_event_at_utc"),
            pl.col("event_at_utc").last().alias("last_event_at_utc"),
            pl.col("stage").last().alias("last_stage"),
            pl.len().alias("events_count"),
        )
    )
    return cases.with_row_index("case").cast({"case": pl.Int64}).join(life, on="case", maintain_order="left")


@dataclass(frozen=True)
class Family:
    """One source system's stream.

    `cases`: one row per subject (ticket, call, device, …), in any order. It has the contract's subject field
    (unique texts) and its key fields; columns `true_…` are the truth, told to nobody; others are free.
    `events`: `case` (row number in `cases`), `stage`, `at` (local ms) and data columns under the contract's names;
    its timestamp fields are local ms too (Int64). No event twice: (case, stage, at) is unique. Texts are scrubbed.
    Two optional columns: `extra` (Struct), members that the contract doesn't know; `stamp` (local ms or null), what
    a wrong clock writes instead of `at`.
    `always_known`: stages (mostly the first one) that the source tells before the end however late it is.
    `as_known`: (cases, events known at the end with UTC times) -> the cases' rows of the truth.
    """

    topic: str
    source: str
    cases: pl.DataFrame
    events: pl.DataFrame
    delays: Delays
    always_known: frozenset[str]
    canaries: Canaries = field(default_factory=Canaries)
    as_known: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame] = last_stages


def told(events: pl.DataFrame, cases: pl.DataFrame, stages: Collection[str] | None = None) -> pl.DataFrame:
    """The events with the cases' columns (all but `true_…`) added, on events of `stages` only where given."""
    said = cases.select(pl.exclude("^true_.*$")).with_row_index("case").cast({"case": pl.Int64})
    found = events.join(said, on="case", how="left", maintain_order="left", suffix="_of_case")
    if stages is None:
        return found
    here = pl.col("stage").is_in(list(stages))
    return found.with_columns(pl.when(here).then(pl.col(name)) for name in said.columns if name != "case")


@dataclass
class Log:
    """Events of all cases, appended stage by stage; `case` is the row of the case, `at` local ms."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, stage: str, who: Mask, at: Ints, **columns: NDArray[Any] | str | bool) -> None:
        """One event of `stage` for each case of the mask; arrays are per case, None is null."""
        rows = np.flatnonzero(who)
        made = {"case": pl.Series(rows, dtype=pl.Int64), "at": pl.Series(at[rows], dtype=pl.Int64)}
        for name, values in columns.items():
            if not isinstance(values, np.ndarray):
                made[name] = pl.Series([values]).new_from_index(0, len(rows))
            elif values.dtype.kind in "OU":
                made[name] = pl.Series(values[rows].tolist(), dtype=pl.String)
            else:
                made[name] = pl.Series(values[rows])
        self.frames.append(pl.DataFrame(made).with_columns(stage=pl.lit(stage)))

    def events(self) -> pl.DataFrame:
        """All events by case and time; a stage of the same case and instant keeps the order of adding."""
        return pl.concat(self.frames, how="diagonal").sort("case", "at", maintain_order=True)
