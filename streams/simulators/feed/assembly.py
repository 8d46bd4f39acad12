"""The simulated city 水富 whole: its families' streams as seeded bytes, and the truth about them.

Same parameters, same bytes. The simulator plays the source systems and their adapters: reporters and raw texts are
scrubbed and tokenised inside the families, before anything becomes a message. Malformed records bypass that on
purpose. How a family is written stands in `town/family.py`; a new one is added to FAMILIES and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import polars as pl

from streams.contracts.registry import Contract, contract
from streams.errors import CityBrainError
from streams.simulators.families import (
    calls,
    city_management,
    detections,
    devices,
    disputes,
    grid_reports,
    hotline,
    petitions,
    registers,
    services,
    signs,
)
from streams.simulators.feed import faults, noise
from streams.simulators.town.dice import Dice
from streams.simulators.town.family import Family
from streams.simulators.town.texts import Canaries, People
from streams.simulators.town.world import Parameters, World
from streams.sources.envelope import envelopes, event_ids

FAMILIES: tuple[Callable[[World], Family], ...] = (
    hotline.play,
    calls.play,
    detections.play,
    city_management.play,
    grid_reports.play,
    petitions.play,
    services.play,
    disputes.play,
    devices.play,
    registers.play,
    signs.play,
)
"""All families, in the order of playing: a later one may refer to the cases of an earlier one."""

SECRETS = 40
"""Canaries written into malformed records: they may lie in the dead-letter topics and nowhere else."""

NOT_IN_TRUTH = ("text", "reporter_token", "token_key_id", "extra")


@dataclass(frozen=True)
class Play:
    """A whole run; times are UTC without zone.

    `records`: topic, key, value, sent (ms), outcome (valid | duplicate | malformed), rule, fault; in sending order.
    `events`, by topic: distinct valid events with their true place. `cases`, by topic: one row per case as known at
    the end. `malformed`: what was broken on purpose. `incidents`: those that more than one case or detection may tell
    of; `members`: which do. All other cases are incidents of their own.
    """

    parameters: Parameters
    records: pl.DataFrame
    events: dict[str, pl.DataFrame]
    cases: dict[str, pl.DataFrame]
    malformed: pl.DataFrame
    incidents: pl.DataFrame
    members: pl.DataFrame
    canaries: dict[str, list[str]]
    secrets: list[str]

    def messages(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        """(topic, key, value) in the order of sending."""
        return self.records.select("topic", "key", "value").iter_rows()

    @cached_property
    def sha256(self) -> str:
        """Of all bytes that are sent, in order."""
        digest = hashlib.sha256()
        for topic, key, value in self.messages():
            digest.update(b"%s\0%d\0%s\0" % (topic.encode(), len(value or b""), key or b"") + (value or b""))
        return digest.hexdigest()


def play(parameters: Parameters, families: Iterable[Callable[[World], Family]] = FAMILIES) -> Play:
    """Make the whole run in memory, or some families of it: those tell the same as they do among all."""
    world = World.of(parameters)
    for make in families:
        family = make(world)
        world.played[family.topic] = noise.with_unknown_codes(world.dice, family)
    canaries = Canaries()
    for family in world.played.values():
        for kind in fields(canaries):
            getattr(canaries, kind.name).update(getattr(family.canaries, kind.name))
    people = People.draw(Dice(parameters.seed + 1), SECRETS)
    secrets = [phone for phone in people.phones if phone not in canaries.phone]

    sent, events, known_cases, told = [], {}, {}, {}
    for topic, family in world.played.items():
        wire = contract(topic)
        made, known = _records(world, wire, family, _known(world, wire, family), secrets)
        sent.append(made)
        known_cases[topic] = family.as_known(family.cases, known)
        events[topic] = known.drop("case")
        if "true_incident" in family.cases.columns:
            told[topic] = _told(family, wire, known)
    incidents, members = world.incidents.truth(world.ground, parameters.tag, world.offset, told)
    ordered = pl.concat(sent).sort("sent", maintain_order=True).with_row_index("seq")
    return Play(
        parameters=parameters,
        records=ordered,
        events=events,
        cases=known_cases,
        malformed=ordered.filter(pl.col("outcome") == "malformed").drop("outcome"),
        incidents=incidents,
        members=members,
        canaries=canaries.as_lists(),
        secrets=secrets,
    )


def _known(world: World, wire: Contract, family: Family) -> pl.DataFrame:
    """The family's events that the source knows before the end, by recorded time, with their subject and key.

    From here on `at` is what the source's clock says, right or wrong.
    """
    names = [name for name in {*wire.key_fields, wire.subject_field} if name in family.cases]
    _refuse_twins(family, wire)
    recorded = noise.recorded(world.dice, family, world.end)
    known = family.events.with_columns(pl.Series("recorded", recorded)).filter(pl.col("recorded") < world.end)
    if "stamp" in known.columns:
        known = known.with_columns(at=pl.coalesce("stamp", "at")).drop("stamp")
    return known.with_columns(
        pl.lit(world.here.city_code).alias("city_code"), *(family.cases[name].gather(known["case"]) for name in names)
    ).sort("recorded", maintain_order=True)


def _told(family: Family, wire: Contract, known: pl.DataFrame) -> pl.DataFrame:
    """The family's cases of which anything is known, with the time of their first event: see Incidents.truth."""
    opened = family.events.group_by("case").agg(pl.col("at").min())
    named = family.cases.with_columns(pl.col(wire.subject_field).alias("subject"))
    return (
        named.with_row_index("case")
        .cast({"case": pl.Int64})
        .join(opened, on="case", maintain_order="left")
        .filter(pl.col("case").is_in(known["case"].implode()))
    )


def _refuse_twins(family: Family, wire: Contract) -> None:
    """Two events of one case, stage and instant would be one id with two contents."""
    twins = family.events.select("case", "stage", "at").is_duplicated().sum()
    names = family.cases[wire.subject_field]
    if twins or names.n_unique() < len(names) or names.null_count():
        raise CityBrainError(
            f"the simulated {family.topic} is no stream",
            why=f"{twins} events share case, stage and time; "
            f"{len(names) - names.n_unique()} values of {wire.subject_field} are doubled",
        )


def _records(
    world: World, wire: Contract, family: Family, known: pl.DataFrame, secrets: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All records of a topic (sent: UTC, not yet in order across outcomes), and its distinct valid events."""
    times = {"at": "event_at_utc", "recorded": "recorded_at_utc"}
    times |= {f.name: f.name for f in wire.fields if f.logical_type == "timestamp" and f.name in known}
    events = known.with_columns(
        pl.from_epoch(pl.col(local) - world.offset, "ms").alias(name) for local, name in times.items()
    ).with_columns(event_source=pl.lit(family.source))
    names = [field.name for field in wire.fields if field.name in events.columns]
    extra = [name for name in ("extra",) if name in events.columns]
    said = events.select("event_source", "event_at_utc", "recorded_at_utc", *names, *extra)
    plain = envelopes(said, wire).with_columns(sent=known["recorded"])
    good, grafts = noise.grafted(world.dice, wire.topic, plain)
    parts = {
        "valid": good,
        "duplicate": noise.resent(world.dice, wire.topic, good, world.end),
        "malformed": faults.malformed(world.dice, wire, good, secrets, world.end),
    }
    records = pl.concat(
        [part.with_columns(outcome=pl.lit(outcome)) for outcome, part in parts.items()], how="diagonal"
    ).select(
        pl.lit(wire.topic).alias("topic"),
        "key",
        "value",
        pl.from_epoch(pl.col("sent") - world.offset, "ms"),
        "outcome",
        "rule",
        "fault",
    )
    late_by = (pl.col("recorded_at_utc") - pl.col("event_at_utc")).dt.total_minutes()
    true = family.cases.select("^true_.*$")
    found = said.drop(NOT_IN_TRUTH, strict=False).hstack(
        [known["case"], event_ids(said, wire), grafts, *(true[name].gather(known["case"]) for name in true.columns)]
    )
    return records, found.with_columns(is_late=late_by > wire.late_after_minutes)
