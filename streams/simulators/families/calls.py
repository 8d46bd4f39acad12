"""Family `city.hotline.call.v1`: one record per call when it ends; no number, no caller, no content."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.families import hotline
from streams.simulators.town.dice import DAY, HOUR, MINUTE, SECOND, Ints, lognormal, pick
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.seasons import CALLS_BY_HOUR
from streams.simulators.town.world import World

TOPIC, SOURCE = "city.hotline.call.v1", "/shuifu/hotline-calls"
PER_DAY = 92.0
"""At scale 1: calls of which no ticket comes; each ticket taken by phone has its call besides."""
DELAYS = Delays(4, (0.02, 2 * MINUTE, 60 * MINUTE), (0.003, 25 * HOUR, 72 * HOUR), (0.0005, 38 * DAY, 42 * DAY))

ENDS = {"answered": 0.80, "abandoned": 0.12, "queued": 0.05, "offered": 0.03}
"""Of calls without a ticket: settled at the desk, given up while waiting, left for a call back, turned away."""
GROUPS = {"general": 0.84, "enterprise": 0.09, "urgent": 0.05, "foreign_language": 0.02}
WAYS = {"phone": 0.94, "text_chat": 0.05, "video": 0.01}
WAIT_SECONDS, WAIT_SIGMA = 6.0, 0.9
RUSH_FROM = 30.0
"""Calls in an hour of CALLS_BY_HOUR from which on callers wait twice as long."""
NAMED_AREA_SHARE = 0.3


def play(world: World) -> Family:
    """Calls that end in the world's span."""
    rng = world.dice.of("call")
    alone, _ = world.season.draw(world.dice.of("call.at"), CALLS_BY_HOUR, world.count(PER_DAY))
    taken = _taken_by_phone(world)
    ended = np.concatenate([alone, taken])
    order = np.argsort(ended, kind="stable")
    ended, n = ended[order], len(ended)
    has_ticket = (order >= len(alone)).astype(bool)
    stage = np.where(has_ticket, "answered", _one_of(rng, ENDS, n))
    is_answered = stage == "answered"
    is_rush = CALLS_BY_HOUR[ended % DAY // HOUR] >= RUSH_FROM
    wait = lognormal(rng, WAIT_SECONDS * np.where(is_rush, 2.0, 1.0), WAIT_SIGMA, n)
    wait = np.where(stage == "abandoned", wait + 20, np.where(stage == "offered", 0, wait)).astype(np.int64)
    talk = lognormal(rng, np.where(has_ticket, 210.0, 130.0), 0.6, n).astype(np.int64) + 5
    community = world.ground.column("community_code")[world.ground.draw(rng, n)]
    answered = pl.col("stage") == "answered"
    cases = pl.DataFrame(
        {
            "call_id": world.numbers("HC", ended),
            "stage": stage,
            "at": ended,
            "channel": np.where(has_ticket, "phone", _one_of(rng, WAYS, n)),
            "skill_group": _one_of(rng, GROUPS, n),
            "offered_at": ended - (wait + np.where(is_answered, talk, 0)) * SECOND,
            "wait_seconds": np.minimum(wait, DAY // SECOND),
            "talk_seconds": np.minimum(talk, DAY // SECOND),
            "is_settled_at_desk": ~has_ticket,
            "is_ticket_created": has_ticket,
            "area_code": community.tolist(),
            "names_area": rng.random(n) < NAMED_AREA_SHARE,
        },
        schema_overrides={"area_code": pl.String},
    ).with_columns(
        pl.when(answered).then(pl.col("talk_seconds", "is_settled_at_desk", "is_ticket_created")),
        pl.when(answered & pl.col("names_area")).then("area_code").alias("area_code"),
    )
    cases = cases.drop("names_area").with_columns(
        true_community_code=pl.col("area_code"), true_street_code=pl.col("area_code").str.head(9)
    )
    events = told(
        cases.select("stage", "at").with_row_index("case").cast({"case": pl.Int64}), cases.drop("stage", "at")
    )
    return Family(TOPIC, SOURCE, cases.drop("stage", "at"), events.drop("call_id"), DELAYS, frozenset(ENDS))


def _taken_by_phone(world: World) -> Ints:
    """When the calls ended that became tickets: a moment before the ticket was there."""
    tickets = world.played[hotline.TOPIC]
    opened = tickets.events.filter(pl.col("stage") == "accepted", pl.col("channel") == "phone")["at"].to_numpy()
    before = world.dice.of("call.before").integers(SECOND, 40 * SECOND, len(opened))
    return np.maximum(opened - before, world.start)


def _one_of(rng: np.random.Generator, shares: dict[str, float], n: int) -> NDArray[np.str_]:
    return np.array(list(shares))[pick(rng, np.array(list(shares.values())), n)]
