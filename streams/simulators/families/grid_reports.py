"""Family `city.grid.report.v1`: issues and whistles, planned inspections done and missed, hazards and their ends."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from streams.simulators.families import city_management
from streams.simulators.families.lives import Lives, Words, known_lives, natural_limit, picked, where
from streams.simulators.families.street_reports import Reports, city_codes
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Ints, Mask, lognormal, pick
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.incidents import GRID
from streams.simulators.town.scenario import TOWN_PACE, TOWN_UNITS
from streams.simulators.town.texts import PATROL_WEIGHTS, PATROLS, Canaries
from streams.simulators.town.things import things
from streams.simulators.town.world import World

TOPIC, SOURCE = "city.grid.report.v1", "/shuifu/grid"
ISSUES_PER_DAY, HAZARDS_PER_DAY = 15.5, 8.0
"""At scale 1."""
DELAYS = Delays(25, (0.05, 5 * MINUTE, 240 * MINUTE), (0.008, 25 * HOUR, 96 * HOUR), (0.0012, 38 * DAY, 42 * DAY))

INSPECTIONS_DONE = {"grid": 0.955, "community": 0.94, "street": 0.96, "city": 1.0}
"""Level -> share of its planned inspections that are done. Each day the grids of a community (one record for its
round), each week a community, each half month a street or town, each month the city."""
SLOW_TOWN_LOSS = 0.06

SELF_SHARE, VOID_SHARE, DECLARED_SHARE, WHISTLE_SHARE, RETURNED_SHARE = 0.56, 0.01, 0.6, 0.16, 0.05
"""Of issues; whistles of those that the grid can't handle alone."""
EXCLUDED_SHARE = 0.01
HAZARDS = {"fire_lane": 30, "rockfall": 10, "forest_fire": 8, "facility": 16, "signboard": 12, "manhole": 8, "green": 6}
RECTIFIED_BY_DUE, PASSED_SHARE = 0.9, 0.75

STATUS = {
    "reported": "待处理", "self_handled": "网格自办", "escalated": "已上报", "dispatched": "已派单", "returned": "退单",
    "whistle_blown": "已吹哨", "checked_in": "已报到", "handled": "待核实", "verified": "待办结", "closed": "已办结",
    "voided": "作废", "merged": "并案", "inspection_done": "已排查", "inspection_missed": "漏排查",
    "hazard_found": "待整改", "hazard_rectified": "已整改", "supervision_issued": "督办",
    "supervision_answered": "督办", "supervision_closed": "督办办结", "struck_off": "销号",
}  # fmt: skip


def play(world: World) -> Family:
    """All reports, inspections and hazards that begin in the world's span, and what becomes of each."""
    canaries = Canaries()
    parts = [_issues(world, canaries), _inspections(world), _hazards(world)]
    first = np.cumsum([0, *(said.height for said, _ in parts)])
    events = pl.concat(
        [made.with_columns(pl.col("case") + at) for (_, made), at in zip(parts, first, strict=False)], how="diagonal"
    )
    everyone = pl.concat([said for said, _ in parts], how="diagonal")
    events = events.with_columns(status_native=pl.col("stage").replace_strict(STATUS))
    opening = frozenset({"reported", "inspection_done", "inspection_missed", "hazard_found"})
    return Family(TOPIC, SOURCE, everyone, events, DELAYS, opening, canaries, known_lives)


def _issues(world: World, canaries: Canaries) -> tuple[pl.DataFrame, pl.DataFrame]:
    made = Reports.drawn(world, GRID, ISSUES_PER_DAY)
    lives = Lives("grid.issue", world, len(made))
    names = world.numbers("WG", made.at).alias("case_id")
    text, marks = made.texts(world, PATROLS, PATROL_WEIGHTS, canaries)
    is_raised = _lives_of_issues(lives, made)
    passed_on, times = world.incidents.first_told(world.played[city_management.TOPIC], "case_id")
    is_tied = is_raised & (times[made.incident] < made.at)
    opening = made.codes.with_columns(
        text,
        report_kind=pl.lit("issue"),
        urgency=pl.Series(["urgent" if things()[row].is_urgent else "normal" for row in made.told.tolist()]),
        related_case_id=pl.Series(where(is_tied, passed_on[made.incident]).tolist(), dtype=pl.String),
    ).hstack(made.places)
    events = told(lives.log.events(), opening, {"reported"}).with_columns(report_kind=pl.lit("issue"))
    events = events.with_columns(names.gather(events["parent"]).alias("parent_case_id")).drop("parent")
    return opening.drop("text").hstack([names]).hstack(marks), events


def _lives_of_issues(lives: Lives, made: Reports) -> Mask:
    """Adds the events; returns which the grid passed on."""
    log, n = lives.log, lives.n
    town = lives.towns(made.home)
    pace = lives.paces(town)
    log.add("reported", lives.everyone, made.at)
    is_void = lives.luck("void", VOID_SHARE)
    log.add("voided", is_void, lives.later(made.at, "void", 2.0, 0.6), reason_code="not_found")
    original = made.declared(lives.chance("declared"), DECLARED_SHARE)
    is_merged = ~is_void & (original >= 0)
    log.add("merged", is_merged, lives.later(made.at, "merge", 1.0, 0.6), parent=original, is_duplicate=True)
    who = ~is_void & ~is_merged
    is_self = who & lives.luck("self", SELF_SHARE)
    alone = lives.later(made.at, "alone", 1.5 * pace, 0.8)
    log.add("self_handled", is_self, alone)

    is_raised = who & ~is_self
    escalated = lives.later(made.at, "escalate", 0.6, 0.6)
    log.add("escalated", is_raised, escalated, from_level="grid", to_level="community", reason_code="beyond_grid")
    bureau = np.array([thing.unit_code for thing in things()], dtype=object)[made.told]
    unit = np.where(lives.luck("town", 0.45), town, bureau)
    dispatched = lives.later(escalated, "dispatch", 0.8, 0.7)
    is_returned = is_raised & lives.luck("return", RETURNED_SHARE) & np.not_equal(unit, town)
    due = lives.day_limit(dispatched, np.full(n, 3))
    log.add("dispatched", is_raised, dispatched, unit_code=unit, due_at=due)
    returned = lives.later(dispatched, "returned", 2.0, 0.5)
    log.add("returned", is_returned, returned, unit_code=unit, reason_code="not_in_charge")
    again = lives.later(returned, "again", 0.8, 0.5)
    unit = np.where(is_returned, town, unit)
    due = np.where(is_returned, lives.day_limit(again, np.full(n, 3)), due)
    log.add("dispatched", is_returned, again, unit_code=unit, due_at=due)
    start = np.where(is_returned, again, dispatched)
    start = _whistle(lives, is_raised & lives.luck("whistle", WHISTLE_SHARE), start, unit)
    handled = lives.later(start, "handle", 8.0 * lives.paces(unit), 0.7)
    log.add("handled", is_raised, handled, unit_code=unit)
    done = np.where(is_self, alone, handled)
    verified = lives.later(done, "verify", 1.0, 0.6)
    is_verified = who & lives.luck("verified", np.where(is_self, 0.3, 0.8))
    log.add("verified", is_verified, verified)
    closed = lives.later(np.where(is_verified, verified, done), "close", 0.5, 0.6)
    reasons = picked(lives.chance("exclusion"), {"E1": 0.5, "E6": 0.5}, n)
    code = where(lives.luck("excluded", EXCLUDED_SHARE), reasons)
    log.add("closed", who, closed, unit_code=where(is_raised, unit), exclusion_code=code)
    noticed, settled = lives.press(is_raised, due, closed, unit, where(lives.everyone, "community"))
    lives.strike_off(noticed, closed, settled, unit)
    return is_raised


def _whistle(lives: Lives, who: Mask, at: Ints, unit: Words) -> Ints:
    """A community or town calls up to three bodies, most check in within the hours given; returns when work starts."""
    log, n = lives.log, lives.n
    level = picked(lives.chance("level"), {"community": 0.7, "street": 0.3}, n)
    blown = lives.later(at, "blow", 1.0, 0.6)
    due = lives.worked(blown, np.full(n, 4 * HOUR))
    log.add("whistle_blown", who, blown, unit_code=unit, whistle_level=level, to_level="city", due_at=due)
    others = np.array(sorted({thing.unit_code for thing in things()}), dtype=object)
    start = np.where(who, blown, at)
    mine = unit
    for number, share in enumerate((0.95, 0.5, 0.2)):
        comes = who & lives.luck(f"comes.{number}", share)
        arrived = lives.later(blown, f"arrive.{number}", 1.6 * lives.paces(mine), 0.7) + number
        log.add("checked_in", comes, arrived, unit_code=mine, whistle_level=level)
        start = np.where(comes, np.maximum(start, arrived), start)
        mine = others[lives.chance(f"other.{number}").integers(0, len(others), n)]
    return start


def _inspections(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Planned rounds with their end: done at some hour of the period, or missed when it is over."""
    rng, plan = world.dice.of("grid.inspection"), _plan(world)
    plan = plan.filter(pl.Series(rng.random(plan.height) < world.parameters.scale))
    n = plan.height
    street = plan["area_code"].str.head(9).to_list()
    loss = np.array([SLOW_TOWN_LOSS if TOWN_PACE.get(code, 1.0) > 1.2 else 0.0 for code in street])
    share = np.array([INSPECTIONS_DONE[level] for level in plan["inspection_level"].to_list()]) - loss
    is_done = rng.random(n) < share
    first, last = plan["first"].to_numpy(), plan["due_at"].to_numpy()
    day = first + (rng.random(n) * ((last - first) // DAY)).astype(np.int64) * DAY
    done = day + (rng.triangular(7.5, 10.0, 20.0, n) * HOUR).astype(np.int64)
    # A missed round is known the next morning, when the plan is settled.
    at = np.where(is_done, done, last + rng.integers(20 * MINUTE, 7 * HOUR, n))
    units = [TOWN_UNITS.get(code, "operations_centre") for code in street]
    frame = plan.select("inspection_level", "area_code", "due_at").with_columns(
        pl.Series("at", at),
        pl.Series("is_done", is_done),
        pl.Series("unit_code", units),
        report_kind=pl.lit("inspection"),
    )
    frame = frame.filter(pl.col("at").is_between(world.start, world.end, closed="left")).sort("at", maintain_order=True)
    said = frame.select("area_code", "inspection_level", "report_kind").with_columns(
        world.numbers("XC", frame["at"].to_numpy()).alias("case_id"),
        true_community_code=pl.when(pl.col("area_code").str.len_chars() == 12).then("area_code"),
        true_street_code=pl.when(pl.col("area_code").str.len_chars() >= 9).then(pl.col("area_code").str.head(9)),
    )
    events = frame.with_row_index("case").select(
        pl.col("case").cast(pl.Int64),
        "at",
        pl.when("is_done").then(pl.lit("inspection_done")).otherwise(pl.lit("inspection_missed")).alias("stage"),
        "report_kind",
        "inspection_level",
        "area_code",
        "unit_code",
        "due_at",
    )
    return said, events


def _plan(world: World) -> pl.DataFrame:
    """All rounds whose period touches the span: inspection_level, area_code, first and due_at (local ms, exclusive)."""
    start, end = (date(1970, 1, 1) + timedelta(days=ms // DAY) for ms in (world.start, world.end - 1))
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    areas = {
        level: [a.area_code for a in world.areas if a.area_level == level] for level in ("community", "street", "city")
    }
    months = sorted({day.replace(day=1) for day in days})
    after = [(month + timedelta(days=32)).replace(day=1) for month in months]
    halves = [(m, m.replace(day=16)) for m in months] + [
        (m.replace(day=16), a) for m, a in zip(months, after, strict=True)
    ]
    weeks = sorted({day - timedelta(days=day.weekday()) for day in days})
    periods = {
        "grid": ("community", [(day, day + timedelta(days=1)) for day in days]),
        "community": ("community", [(week, week + timedelta(days=7)) for week in weeks]),
        "street": ("street", halves),
        "city": ("city", list(zip(months, after, strict=True))),
    }
    found = [
        pl.DataFrame(
            {
                "inspection_level": [level] * (len(spans) * len(areas[of])),
                "area_code": [area for _ in spans for area in areas[of]],
                "first": [_local_ms(since) for since, _ in spans for _ in areas[of]],
                "due_at": [_local_ms(until) for _, until in spans for _ in areas[of]],
            },
            schema_overrides={"area_code": pl.String},
        )
        for level, (of, spans) in periods.items()
    ]
    # Only periods that end inside the span: of the others nobody knows yet whether they were kept.
    return pl.concat(found).filter(pl.col("due_at") <= world.end, pl.col("first") >= world.start)


def _local_ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY


def _hazards(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hazards found on inspections, each with its deadline, its mending and the check of it."""
    lives = Lives("grid.hazard", world, world.count(HAZARDS_PER_DAY))
    log, n, rng = lives.log, lives.n, lives.chance("thing")
    hours = np.array([0, 0, 0, 0, 0, 0, 0, 1, 5, 9, 9, 6, 2, 3, 7, 8, 7, 5, 2, 1, 0, 0, 0, 0], dtype=np.float64)
    found, _ = world.season.draw(lives.chance("found"), hours, n)
    rows = [[thing.thing for thing in things()].index(name) for name in HAZARDS]
    thing = np.array(rows)[pick(rng, np.array(list(HAZARDS.values()), dtype=np.float64), n)]
    home = lives.homes()
    unit = np.where(
        lives.luck("town", 0.5), lives.towns(home), np.array([t.unit_code for t in things()], dtype=object)[thing]
    )
    is_urgent = np.array([one.is_urgent for one in things()])[thing]
    days = np.where(is_urgent, 3, np.where(lives.luck("long", 0.3), 30, 15))
    due = natural_limit(found, days)
    log.add("hazard_found", lives.everyone, found, due_at=due, unit_code=unit)
    in_time = lives.chance("share").beta(2.0, 2.2, n)
    late = 1.0 + lognormal(lives.chance("late"), 0.25 * lives.paces(unit), 0.7, n)
    share = np.where(lives.luck("kept", RECTIFIED_BY_DUE), in_time, late)
    rectified = found + (share * (due - found)).astype(np.int64) + MINUTE
    log.add("hazard_rectified", lives.everyone, rectified, unit_code=unit)
    verified = lives.later(rectified, "verify", 6.0, 0.7)
    is_verified = lives.luck("verified", PASSED_SHARE)
    log.add("verified", is_verified, verified)
    closed = lives.later(np.where(is_verified, verified, rectified), "close", 2.0, 0.6)
    log.add("closed", lives.everyone, closed, unit_code=unit)
    noticed, settled = lives.press(lives.everyone, due, rectified, unit, where(lives.everyone, "street"))
    lives.strike_off(noticed, closed, settled, unit)

    longitude, latitude = world.ground.points(lives.chance("place"), home)
    opening = city_codes(world, thing, found).with_columns(
        urgency=pl.Series(np.where(is_urgent, "urgent", "normal").tolist()),
        longitude=pl.Series(longitude),
        latitude=pl.Series(latitude),
        area_code=pl.Series(world.ground.column("grid_code")[home].tolist()),
    )
    said = opening.with_columns(
        world.numbers("YH", found).alias("case_id"),
        report_kind=pl.lit("hazard"),
        true_grid_code=pl.col("area_code"),
        true_community_code=pl.col("area_code").str.head(12),
        true_street_code=pl.col("area_code").str.head(9),
    )
    events = told(log.events(), opening, {"hazard_found"}).with_columns(report_kind=pl.lit("hazard"))
    return said, events
