"""Family `city.hotline.ticket.v1`: tickets as the hotline tells them, behind its adapter."""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np
import polars as pl

from streams.privacy.tokens import TokenKeys
from streams.simulators.families.tickets import STATUS, Tickets, tickets
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Ints, Mask
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.incidents import EVALUATION_SHARE, HOTLINE
from streams.simulators.town.texts import (
    OPENING_WEIGHTS,
    OPENINGS,
    SPOTS,
    Canaries,
    People,
    forms,
    reply_texts,
    spoken,
    written,
)
from streams.simulators.town.things import phrases
from streams.simulators.town.world import CITY, World

TOPIC, SOURCE = "city.hotline.ticket.v1", "/shuifu/hotline-12345"
PER_DAY = 112.0
"""At scale 1."""
DELAYS = Delays(18, (0.03, 2 * MINUTE, 120 * MINUTE), (0.008, 25 * HOUR, 96 * HOUR), (0.0015, 38 * DAY, 42 * DAY))

REPLY_TEXT_SHARE = 0.25
REPORTERS_PER_TICKET = 0.6

LIVE_STAGES = ("dispatched", "signed", "handled", "closed")
"""Stages that name the unit in charge."""


def play(world: World) -> Family:
    """All tickets received in the world's span, with scrubbed texts and reporters' tokens."""
    made = tickets(world, world.count(PER_DAY))
    names, canaries = world.numbers("SF", made.received).alias("case_id"), Canaries()
    opening = made.cases.drop("has_location").with_columns(category_scheme=pl.lit(world.here.category_scheme))
    is_evaluation = _is_evaluation(world, made)
    form = forms(world.dice.of("ticket.form"), OPENING_WEIGHTS, is_evaluation)
    events = told(made.events, opening, {"accepted"})
    events = _adapted(world, made, events, form, is_evaluation, canaries).with_columns(
        names.gather(events["parent"]).alias("parent_case_id"), status_native=pl.col("stage").replace_strict(STATUS)
    )
    marks = world.incidents.marks(HOTLINE, made.telling, made.fault, form, is_evaluation)
    cases = made.cases.hstack([names]).hstack(marks)
    return Family(TOPIC, SOURCE, cases, events.drop("parent"), DELAYS, frozenset({"accepted"}), canaries, as_known)


def _is_evaluation(world: World, made: Tickets) -> Mask:
    """Whose texts serve evaluation only: those of the incidents kept for it, and a third of the others."""
    of_incident = np.append(world.incidents.told_by(HOTLINE)["is_evaluation"].to_numpy(), False)[made.telling]
    alone = world.dice.of("ticket.split").random(len(made.telling)) < EVALUATION_SHARE
    return np.where(made.telling >= 0, of_incident, alone)


def _texts(
    world: World, made: Tickets, form: Ints, is_evaluation: Mask, people: People, person: Ints, canaries: Canaries
) -> list[str]:
    """One raw text per ticket; those of one incident speak of the same spot in words of their own."""
    rng, n = world.dice.of("texts"), len(form)
    shared = world.incidents.told_by(HOTLINE)
    thing = np.append(shared["thing"].to_numpy(), -1)[made.telling]
    matter = np.where(made.telling >= 0, np.append(shared["matter"].to_numpy(), 0)[made.telling], made.matter)
    spot = np.append(shared["spot"].to_numpy(), 0)[made.telling]
    spot = np.where(made.telling >= 0, spot, rng.integers(0, len(SPOTS), n))
    problems = [world.scenario.matters[row].problems for row in matter.tolist()]
    street = np.flatnonzero(thing >= 0)
    for row, said in zip(street.tolist(), phrases(thing[street], is_evaluation[street]), strict=True):
        problems[row] = said
    names = {area.area_code: area.name_zh for area in world.areas}
    areas = [names[code] for code in world.ground.column("community_code")[made.home].tolist()]
    return written(rng, OPENINGS, form, people, person, spoken(rng, problems, spot, areas), canaries)


def _adapted(
    world: World, made: Tickets, events: pl.DataFrame, form: Ints, is_evaluation: Mask, canaries: Canaries
) -> pl.DataFrame:
    """The adapter's step: raw texts and reporters' numbers in; scrubbed texts and tokens out."""
    dice, n = world.dice, made.cases.height
    people = People.draw(dice, max(1, round(n * REPORTERS_PER_TICKET)))
    person = (dice.of("reporter").random(n) ** 1.5 * len(people.phones)).astype(np.int64)
    texts = _texts(world, made, form, is_evaluation, people, person, canaries)
    phones = [people.phones[who] for who in person.tolist()]
    canaries.phone.update(phones)
    # The city is invented and so is its key: the installation's own would make other bytes on every machine.
    seed = world.parameters.seed
    keys = TokenKeys({f"simulated-{seed}": hashlib.sha256(f"{CITY}{seed}".encode()).digest()})
    tokens = keys.tokens(pl.Series(phones, dtype=pl.String), f"{CITY}/hotline")

    case = events["case"].to_numpy()
    is_first = (events["stage"] == "accepted").to_numpy()
    has_reply = (events["stage"] == "handled").to_numpy() & (dice.of("reply").random(n)[case] < REPLY_TEXT_SHARE)
    replying = case[has_reply]
    units = world.scenario.unit_names[made.owner[replying]].tolist()
    raw = np.full(events.height, None, dtype=object)
    raw[is_first] = np.array(texts, dtype=object)[case[is_first]]
    raw[has_reply] = reply_texts(dice, people, person[replying], units, canaries)
    return events.with_columns(
        world.scrubbed(raw.tolist()).alias("text"),
        tokens.gather(case).alias("reporter_token"),
        token_key_id=pl.lit(keys.current),
    ).with_columns(pl.when(pl.col("stage") == "accepted").then(pl.col("reporter_token", "token_key_id")))


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per ticket: what was true and known at the end. A re-opened ticket is open until closed again."""
    at, stage = pl.col("event_at_utc"), pl.col("stage")
    last_reopened = at.filter(stage == "reopened").max().fill_null(datetime(1970, 1, 1))
    life = (
        events.sort("case_id", "event_at_utc", maintain_order=True)
        .group_by("case_id", maintain_order=True)
        .agg(
            at.filter(stage == "accepted").first().alias("received_at_utc"),
            at.filter(stage == "dispatched").min().alias("first_dispatched_at_utc"),
            at.filter(stage == "handled").min().alias("first_handled_at_utc"),
            at.filter((stage == "closed") & (at > last_reopened)).min().alias("closed_at_utc"),
            pl.col("due_at").drop_nulls().last().alias("due_at_utc"),
            pl.col("unit_code").filter(stage.is_in(LIVE_STAGES)).drop_nulls().last().alias("unit_code"),
            pl.col("exclusion_code").drop_nulls().last(),
            pl.col("parent_case_id").drop_nulls().last(),
            (stage == "voided").any().alias("is_voided"),
            (stage == "merged").any().alias("is_duplicate"),
            (stage == "reopened").sum().alias("reopened_count"),
            (stage == "returned").sum().alias("returned_count"),
            (stage == "callback_attempted").sum().alias("callback_attempts"),
            (pl.col("callback_result") == "answered").sum().alias("callbacks_answered"),
            pl.len().alias("events_count"),
        )
    )
    said = cases.select(pl.exclude("category_name"))
    return said.join(life, on="case_id", how="left", maintain_order="left").select(
        pl.exclude("^true_.*$"), pl.col("^true_.*$")
    )
