"""What departments keep in registers: tasks, commitments, the service catalogue, surveys, samples, parts, totals.

Registers of things and aggregates only; a survey carries its sample size, never its respondents, and programmes are
told for the whole city and quarter alone. A register doesn't grow with the scale: below 1 it is a part of the whole.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.families import services
from streams.simulators.families.lives import Words, natural_limit
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Ints, pick
from streams.simulators.town.family import Delays, Family, Log, told
from streams.simulators.town.seasons import EPOCH
from streams.simulators.town.world import World

TOPIC, SOURCE = "city.department.record.v1", "/shuifu/records"
DELAYS = Delays(4 * 3600, (0.1, DAY, 5 * DAY), (0.01, 169 * HOUR, 25 * DAY), (0.001, 38 * DAY, 42 * DAY))
"""Registers are sent in once a day, some once a week."""
LOADED_WITHIN = 3 * DAY
"""What stands when the span begins is told in its first days."""

TREES = ((63, 369), (9, 29))
"""63 common tasks are broken down into 369, 9 local ones into 29: 398 leaf tasks."""
LATE_SHARE, UNDONE_SHARE, WITHDRAWN_SHARE = 0.08, 0.03, 0.01

SUSPENDED_SHARE, COMMITMENTS_PER_DAY, KEPT_SHARE = 0.02, 0.3, 0.94
PARTS, DAMAGES_PER_DAY, MISSING_SHARE = 1100, 1.3, 0.2
PART_UNITS = {
    "01": "municipal_works",
    "02": "traffic_police",
    "03": "sanitation_service",
    "04": "landscape_greening",
    "05": "urban_management",
}
"""Major class of a city part -> who keeps it up."""
SAMPLES_PER_MONTH, MISSED_SHARE = 20, 0.06

SURVEYS = {
    "safety_satisfaction": ("political_legal", 6, 1600, 0.9724),
    "enforcement_satisfaction": ("justice", 6, 800, 0.941),
    "service_satisfaction": ("government_service", 3, 600, 0.968),
    "hotline_satisfaction": ("operations_centre", 3, 500, 0.913),
}
"""Measure -> who asks, every how many months, about how many answers, and the share of the satisfied."""
PROGRAMMES = {
    "households_assessed": ("political_legal", 42_000, 0.9522),
    "risks_resolved": ("political_legal", 1_150, 0.8251),
    "decisions_risk_assessed": ("political_legal", 101, 1.0),
    "legal_aid_cases_closed": ("justice", 320, 0.93),
    "hazards_rectified": ("emergency_management", 760, 0.96),
    "aid_applications_answered": ("civil_affairs", 1_400, 0.97),
}
"""Measure of a quarter, whole city only -> who runs it, about how large its denominator is, and the share."""
ROUNDS = {"third_party_evaluation": 2, "half_year_review": 2, "annual_evaluation": 1}
"""Evaluation rounds -> how many in the span."""

Register = tuple[pl.DataFrame, pl.DataFrame]
"""One kind of record: `cases` as in Family, and `events` with row numbers of these cases."""


def play(world: World) -> Family:
    """All registers: what stood at the start of the span, and what came and became of it until the end."""
    makers = (_tasks, _leaves, _service_items, _commitments, _parts, _samples, _surveys, _programmes, _rounds)
    cases: list[pl.DataFrame] = []
    events: list[pl.DataFrame] = []
    rows = 0
    for make in makers:
        records, told_of = make(world)
        cases.append(records)
        events.append(told_of.with_columns(pl.col("case") + rows))
        rows += records.height
    known = pl.concat(cases, how="diagonal")
    found = pl.concat(events, how="diagonal").sort("case", "at", maintain_order=True)
    # A register sends the whole row each time, so each event carries what the record is.
    said = told(found.filter(pl.col("at") < world.end), known.drop("record_id"))
    return Family(TOPIC, SOURCE, known, said, DELAYS, frozenset({"registered", "updated"}), as_known=as_known)


class _Book:
    """Records of one kind while they are drawn: chance, times, log."""

    def __init__(self, world: World, kind: str, n: int) -> None:
        self.world, self.kind, self.n, self.log = world, kind, n, Log()
        # The run's tag: two runs must not tell of the same record at the same instant.
        self.rng = world.dice.of(f"record.{kind}.{world.parameters.tag}")
        self.all = np.ones(n, dtype=bool)

    def loaded(self) -> Ints:
        """Instants in the first days of the span."""
        within = min(LOADED_WITHIN, self.world.end - self.world.start)
        return self.world.start + (self.rng.random(self.n) * within).astype(np.int64)

    def spread(self) -> Ints:
        """Instants anywhere in the span."""
        return self.world.start + (self.rng.random(self.n) * (self.world.end - self.world.start)).astype(np.int64)

    def after(self, at: Ints, low: float, high: float) -> Ints:
        """Some days later, between the bounds."""
        return at + (self.rng.uniform(low, high, self.n) * DAY).astype(np.int64) + 1

    def share(self, of: Ints, low: float, high: float) -> Ints:
        """Between two shares of the durations."""
        return (self.rng.uniform(low, high, self.n) * of).astype(np.int64) + 1

    def units(self) -> Words:
        """Bodies by lot: every one leads something."""
        codes = np.array([unit.unit_code for unit in self.world.units], dtype=object)
        return codes[self.rng.integers(0, len(codes), self.n)]

    def register(self, **columns: object) -> Register:
        """The records with these columns, and their events."""
        frame = pl.DataFrame(columns).with_columns(record_kind=pl.lit(self.kind))
        return frame, self.log.events()


def _part_of(world: World, n: int) -> int:
    return max(1, round(n * min(1.0, world.parameters.scale)))


def _leaf_tasks(world: World) -> tuple[list[str], list[str]]:
    """Numbers of the leaf tasks and of the tasks above them."""
    parents: list[str] = []
    for tree, (tasks, leaves) in zip("GT", TREES, strict=True):
        parents += [f"RW-{tree}{number:02d}" for number in np.sort(np.arange(leaves) % tasks + 1).tolist()]
    numbers, names = dict.fromkeys(parents, 0), []
    for parent in parents:
        numbers[parent] += 1
        names.append(f"{parent}-{numbers[parent]:02d}")
    kept = _part_of(world, len(names))
    return names[:kept], parents[:kept]


def _tasks(world: World) -> Register:
    """Tasks above the leaves; each is wound up some time after its last leaf falls due."""
    names = list(dict.fromkeys(_leaf_tasks(world)[1]))
    book = _Book(world, "task", len(names))
    registered = book.loaded()
    due = natural_limit(registered, book.rng.integers(150, 560, book.n))
    book.log.add("registered", book.all, registered, state="in_progress", due_at=due)
    done = due - book.share(due - registered, 0.0, 0.2)
    is_done = book.rng.random(book.n) < 1 - UNDONE_SHARE
    book.log.add("completed", is_done, done, state="done", due_at=due, completed_at=done)
    book.log.add("updated", ~is_done, book.after(due, 0.4, 0.6), state="overdue", due_at=due)
    return book.register(record_id=names, unit_code=book.units().tolist())


def _leaves(world: World) -> Register:
    """Leaf tasks: planned, under way, then done in time, done late, left undone or given up."""
    names, parents = _leaf_tasks(world)
    book = _Book(world, "task", len(names))
    book.rng = world.dice.of(f"record.leaf.{world.parameters.tag}")
    registered = book.loaded()
    due = natural_limit(registered, book.rng.integers(45, 540, book.n))
    span, fate = due - registered, book.rng.random(book.n)
    is_withdrawn, is_late = fate < WITHDRAWN_SHARE, fate > 1 - LATE_SHARE
    is_undone = (fate >= WITHDRAWN_SHARE) & (fate < WITHDRAWN_SHARE + UNDONE_SHARE)
    book.log.add("registered", book.all, registered, state="planned", due_at=due)
    book.log.add("updated", book.all, registered + book.share(span, 0.05, 0.3), state="in_progress", due_at=due)
    halfway = registered + book.share(span, 0.45, 0.6)
    progress = book.rng.integers(35, 75, book.n).astype(np.float64)
    said: dict[str, NDArray[Any] | str] = {"figure": progress, "figure_unit": "%", "due_at": due}
    book.log.add("updated", ~is_withdrawn, halfway, state="in_progress", **said)
    book.log.add("withdrawn", is_withdrawn, halfway, state="cancelled", due_at=due)
    book.log.add("updated", is_late | is_undone, book.after(due, 0.35, 0.5), state="overdue", due_at=due)
    done = np.where(is_late, book.after(due, 2, 45), registered + book.share(span, 0.68, 0.995))
    is_done = ~is_withdrawn & ~is_undone
    book.log.add("completed", is_done, done, state="done", due_at=due, completed_at=done)
    return book.register(record_id=names, parent_record_id=parents, unit_code=book.units().tolist())


def _service_items(world: World) -> Register:
    """The catalogue; numerator and denominator are the days promised and the days that the law allows."""
    items = services.catalogue(world)
    book = _Book(world, "service_item", items.height)
    registered = book.loaded()
    since = items["online_since"].fill_null(world.end).to_numpy()
    days = {
        "numerator": items["committed_work_days"].to_numpy().astype(np.float64),
        "denominator": items["statutory_work_days"].to_numpy().astype(np.float64),
    }
    is_online = since <= registered
    book.log.add("registered", book.all, registered, state="offered", is_online_available=is_online, **days)
    is_upgraded = ~is_online & (since < world.end)
    book.log.add("updated", is_upgraded, since, state="offered", is_online_available=True, **days)
    is_suspended = is_online & (book.rng.random(book.n) < SUSPENDED_SHARE)
    suspended = np.maximum(book.spread(), book.after(registered, 1, 2))
    book.log.add("updated", is_suspended, suspended, state="suspended", is_online_available=True, **days)
    again = book.after(suspended, 10, 90)
    book.log.add("updated", is_suspended, again, state="offered", is_online_available=True, **days)
    return book.register(
        record_id=items["service_code"],
        measure_code=["work_days_committed_of_statutory"] * book.n,
        unit_code=items["unit_code"],
        category_scheme=[services.SCHEME] * book.n,
        category_code=items["category_code"],
        category_name=items["category_name"],
    )


def _commitments(world: World) -> Register:
    """What bodies promise in public, with a day."""
    book = _Book(world, "commitment", world.count(COMMITMENTS_PER_DAY))
    registered = np.sort(book.spread())
    due = natural_limit(registered, book.rng.integers(30, 200, book.n))
    book.log.add("registered", book.all, registered, state="in_progress", due_at=due)
    is_kept = book.rng.random(book.n) < KEPT_SHARE
    done = registered + book.share(due - registered, 0.4, 0.99)
    book.log.add("completed", is_kept, done, state="done", due_at=due, completed_at=done)
    book.log.add("updated", ~is_kept, book.after(due, 0.35, 0.5), state="overdue", due_at=due)
    late = book.after(due, 3, 60)
    is_late = ~is_kept & (book.rng.random(book.n) < 0.6)
    book.log.add("completed", is_late, late, state="done", due_at=due, completed_at=late)
    return book.register(record_id=world.numbers("CN", registered), unit_code=book.units().tolist())


def _parts(world: World) -> Register:
    """City parts (manholes, lamps, signs, trees), coded by the standard in force when the span begins."""
    book = _Book(world, "city_part", _part_of(world, PARTS))
    scheme = f"{world.here.management_scheme(EPOCH + timedelta(days=world.start // DAY))}-part"
    kinds = world.categories(scheme)
    kind = pick(book.rng, np.exp(0.8 * book.rng.standard_normal(len(kinds))), book.n)
    codes = [kinds[i].category_code for i in kind.tolist()]
    home = world.ground.draw(book.rng, book.n)
    grid = world.ground.column("grid_code")[home].tolist()
    registered = book.loaded()
    book.log.add("registered", book.all, registered, state="intact")
    # Damages of one part follow each other: each comes a while after the repair before it.
    at = registered
    yearly = DAMAGES_PER_DAY * 365 / PARTS
    for _ in range(4):
        at = at + (book.rng.exponential(365 / yearly, book.n) * DAY).astype(np.int64) + DAY
        state = np.where(book.rng.random(book.n) < MISSING_SHARE, "missing", "damaged").astype(object)
        book.log.add("updated", at < world.end, at, state=state)
        at = at + (np.minimum(book.rng.exponential(9, book.n), 80) * DAY).astype(np.int64) + HOUR
        book.log.add("updated", at < world.end, at, state="intact")
    return book.register(
        record_id=[f"530681{code}{number:06d}" for number, code in enumerate(codes, 1)],
        unit_code=[PART_UNITS[code[:2]] for code in codes],
        category_scheme=[scheme] * book.n,
        category_code=codes,
        category_name=[kinds[i].name_zh for i in kind.tolist()],
        area_code=grid,
        true_grid_code=grid,
        true_community_code=[code[:12] for code in grid],
        true_street_code=[code[:9] for code in grid],
    )


def _samples(world: World) -> Register:
    """Re-inspection of communities: of what a second look finds, how much the first one missed."""
    book = _Book(world, "reinspection_sample", world.count(SAMPLES_PER_MONTH * 12 / 365))
    taken = np.sort(book.spread())
    community = world.ground.column("community_code")[world.ground.draw(book.rng, book.n)].tolist()
    found = book.rng.integers(8, 45, book.n)
    missed = book.rng.binomial(found, MISSED_SHARE)
    day = taken // DAY * DAY
    book.log.add(
        "registered",
        book.all,
        taken,
        state="done",
        period_start_at=day - 7 * DAY,
        period_end_at=day,
        numerator=missed.astype(np.float64),
        denominator=found.astype(np.float64),
        sample_size=found,
    )
    return book.register(
        record_id=world.numbers("FC", taken),
        measure_code=["missed_in_reinspection"] * book.n,
        unit_code=["operations_centre"] * book.n,
        area_code=community,
        true_community_code=community,
        true_street_code=[code[:9] for code in community],
    )


def _surveys(world: World) -> Register:
    """Surveys of the whole city: planned before their period ends, told with sample and share after it."""
    rows = [
        (measure, unit, months, answers, share, end)
        for measure, (unit, months, answers, share) in SURVEYS.items()
        for end in _period_ends(world, months)
    ]
    return _figures(world, "survey", "DC", rows, asks=True)


def _programmes(world: World) -> Register:
    """Totals of a quarter and the whole city; their denominators are far above any small cell."""
    rows = [
        (measure, unit, 3, about, share, end)
        for measure, (unit, about, share) in PROGRAMMES.items()
        for end in _period_ends(world, 3)
    ]
    return _figures(world, "programme_total", "XM", rows, asks=False)


def _figures(
    world: World, kind: str, prefix: str, rows: list[tuple[str, str, int, int, float, int]], *, asks: bool
) -> Register:
    """One record per (measure, body, months, size, share, period's end)."""
    book = _Book(world, kind, len(rows))
    ends = np.array([row[-1] for row in rows], dtype=np.int64)
    starts = np.array([_months_before(row[-1], row[2]) for row in rows], dtype=np.int64)
    size = (np.array([row[3] for row in rows]) * book.rng.uniform(0.92, 1.08, book.n)).round().astype(np.int64)
    hits = book.rng.binomial(size, np.array([row[4] for row in rows], dtype=np.float64))
    period = {"period_start_at": starts, "period_end_at": ends}
    planned = np.maximum(book.after(ends, -20, -5), world.start + book.rng.integers(1, MINUTE, book.n))
    book.log.add("registered", planned < world.end, planned, state="planned", **period)
    done = np.maximum(book.after(ends, 6, 24), planned + HOUR)
    counts: dict[str, NDArray[Any]] = {"numerator": hits.astype(np.float64), "denominator": size.astype(np.float64)}
    if asks:
        counts["sample_size"] = size
    book.log.add("completed", book.all, done, state="done", completed_at=done, **period, **counts)
    return book.register(
        record_id=pl.Series([f"{prefix}-{_day(row[-1] - 1)}-{row[0]}" for row in rows], dtype=pl.String),
        measure_code=pl.Series([row[0] for row in rows], dtype=pl.String),
        unit_code=pl.Series([row[1] for row in rows], dtype=pl.String),
        area_code=pl.Series([world.here.city_area_code] * book.n, dtype=pl.String),
    )


def _rounds(world: World) -> Register:
    """Evaluation rounds: announced, under way, told with a score."""
    names = [f"PG-{kind}-{number}" for kind, times in ROUNDS.items() for number in range(1, times + 1)]
    book = _Book(world, "evaluation_round", len(names))
    begun = np.sort(book.spread())
    book.log.add("registered", book.all, begun, state="planned")
    under_way = book.after(begun, 8, 20)
    book.log.add("updated", book.all, under_way, state="in_progress")
    done = book.after(under_way, 15, 45)
    score = np.round(book.rng.uniform(86, 97, book.n), 1)
    book.log.add("completed", book.all, done, state="done", completed_at=done, figure=score, figure_unit="分")
    return book.register(record_id=names, unit_code=["social_work"] * book.n)


def _period_ends(world: World, months: int) -> list[int]:
    """Local midnights in the span (its start included) where a period of so many months ends; January's always."""
    days = range(-(-world.start // DAY), (world.end - 1) // DAY + 1)
    dates = [(day, EPOCH + timedelta(days=day)) for day in days]
    return [day * DAY for day, found in dates if found.day == 1 and (found.month - 1) % months == 0]


def _months_before(end: int, months: int) -> int:
    """Local midnight so many months before the first day of a month."""
    month = np.datetime64(end, "ms").astype("datetime64[M]") - np.timedelta64(months, "M")
    return int(month.astype("datetime64[ms]").astype(np.int64))


def _day(at: int) -> str:
    return (EPOCH + timedelta(days=at // DAY)).strftime("%Y%m%d")


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per record: its last known state and figures; a record never heard of has none."""
    names = ("state", "due_at", "completed_at", "numerator", "denominator", "figure", "sample_size")
    life = (
        events.sort("event_at_utc", maintain_order=True)
        .group_by("case", maintain_order=True)
        .agg(
            pl.col("event_at_utc").first().alias("registered_at_utc"),
            pl.col("stage").last().alias("last_stage"),
            *(pl.col(name).drop_nulls().last() for name in names),
            pl.col("is_online_available").drop_nulls().last(),
            pl.len().alias("events_count"),
        )
        .rename({"due_at": "due_at_utc", "completed_at": "completed_at_utc"})
    )
    numbered = cases.with_row_index("case").cast({"case": pl.Int64})
    return numbered.join(life, on="case", how="left", maintain_order="left").drop("case")
