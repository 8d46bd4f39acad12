"""The simulated city 水富: 90 days of hotline and cameras as seeded bytes, and the truth about them.

Same parameters, same bytes. The simulator plays the source systems and their adapter: reporters and raw texts are
scrubbed and tokenised here, before anything becomes a message. Malformed records bypass the adapter on purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from streams.contracts.registry import City, Contract, city, contract
from streams.errors import CityBrainError
from streams.privacy.scrub import scrub_text
from streams.privacy.tokens import TokenKeys
from streams.reference.registry import areas
from streams.simulators import noise
from streams.simulators.detections import Detections, detections
from streams.simulators.dice import DAY, Dice, WorkClock
from streams.simulators.ground import Ground
from streams.simulators.scenario import Scenario, scenario
from streams.simulators.seasons import Season
from streams.simulators.texts import Canaries, People, opening_texts, reply_texts
from streams.simulators.tickets import STATUS, Tickets, tickets
from streams.sources.envelope import envelopes, event_ids

CITY = "shuifu"
HOTLINE, CAMERA = "city.hotline.ticket.v1", "city.camera.detection.v1"
SOURCES = {HOTLINE: "/shuifu/hotline-12345", CAMERA: "/shuifu/video-sensing"}

TICKETS_PER_DAY, DETECTIONS_PER_DAY = 136.0, 101.0
"""At scale 1: 90 days make about 12,200 tickets (79,000 events) and 9,100 detections (22,000 events)."""
REPLY_TEXT_SHARE = 0.25
REPORTERS_PER_TICKET = 0.6
SECRETS = 40
"""Canaries written into malformed records: they may lie in the dead-letter topics and nowhere else."""

FIRST_DAY, LAST_DAY = date(2026, 7, 1), date(2026, 9, 29)
"""Local days played by default, the last one exclusive."""


@dataclass(frozen=True)
class Parameters:
    """What a run is made from. `start` and `end` are aware; events known at `end` or later don't exist."""

    seed: int
    start: datetime
    end: datetime
    scale: float = 1.0

    def __post_init__(self) -> None:
        wrong = None
        if self.end <= self.start:
            wrong = "--to is not after --from"
        elif self.end - self.start > timedelta(days=3660):
            wrong = "the span is longer than ten years"
        elif not 0 < self.scale <= 1000:
            wrong = "--scale is not between 0 and 1000"
        elif self.seed < 0:
            wrong = "--seed is negative"
        if wrong:
            raise CityBrainError(
                "the city can't be played like this", why=wrong, remedy="see `citybrain simulate --help`", exit_code=2
            )

    @property
    def run_name(self) -> str:
        """Names the run on the broker, e.g. `shuifu-42-20260701-20260929-1`."""
        zone = city(CITY).zone
        days = (_stamp(instant.astimezone(zone)) for instant in (self.start, self.end))
        return f"{CITY}-{self.seed}-{'-'.join(days)}-{self.scale:g}"

    @property
    def tag(self) -> str:
        """Four characters in every case number, so that two runs never share a case."""
        return hashlib.sha256(self.run_name.encode()).hexdigest()[:4].upper()


@dataclass(frozen=True)
class Play:
    """A whole run. `records`: topic, key, value, sent (UTC ms), outcome (valid | duplicate | malformed), rule, in the
    order of sending. `events`: distinct valid events with their true place; `cases`: one row per ticket as known at
    the end; `malformed`: what was broken on purpose. Times are UTC without zone.
    """

    parameters: Parameters
    records: pl.DataFrame
    events: pl.DataFrame
    cases: pl.DataFrame
    malformed: pl.DataFrame
    canaries: dict[str, list[str]]
    secrets: list[str]

    def messages(self) -> Iterator[tuple[str, bytes, bytes | None]]:
        """(topic, key, value) in the order of sending."""
        return self.records.select("topic", "key", "value").iter_rows()

    @cached_property
    def sha256(self) -> str:
        """Of all bytes that are sent, in order."""
        digest = hashlib.sha256()
        for topic, key, value in self.messages():
            digest.update(b"%s\0%d\0%s\0" % (topic.encode(), len(value or b""), key) + (value or b""))
        return digest.hexdigest()


def play(parameters: Parameters) -> Play:
    """Make the whole run in memory; about 100,000 events in a few seconds."""
    here, dice = city(CITY), Dice(parameters.seed)
    offset = _offset(here, parameters)
    start, end = (_ms(instant) + offset for instant in (parameters.start, parameters.end))
    first = parameters.start.date() - timedelta(days=2)
    clock = WorkClock.china(first, parameters.end.date() + timedelta(days=200))
    day = slice(start // DAY - clock.first_day, (end - 1) // DAY - clock.first_day + 1)
    season = Season.of(start, end, clock.is_workday[day], dice)
    ground, world = Ground.of(CITY, dice), scenario(CITY, here.category_scheme)
    days = (end - start) / DAY * parameters.scale
    of_tickets = tickets(dice, clock, season, ground, world, max(1, round(TICKETS_PER_DAY * days)))
    of_things = detections(dice, season, ground, max(1, round(DETECTIONS_PER_DAY * days)))

    canaries = Canaries()
    frames = {
        HOTLINE: _hotline(parameters, dice, ground, world, of_tickets, canaries, end),
        CAMERA: _camera(parameters, dice, of_things, end),
    }
    secrets = [phone for phone in People.draw(Dice(parameters.seed + 1), SECRETS).phones if phone not in canaries.phone]
    records, events = [], []
    for topic, frame in frames.items():
        made, found = _records(dice, contract(topic), frame, secrets, offset, end)
        records.append(made)
        events.append(found)
    ordered = pl.concat(records).sort("sent", maintain_order=True).with_row_index("seq")
    known = pl.concat(events, how="diagonal")
    return Play(
        parameters=parameters,
        records=ordered,
        events=known,
        cases=_cases_as_known(
            of_tickets.cases,
            known.filter(pl.col("topic") == HOTLINE),
            _case_ids(parameters, of_tickets.cases["received"]),
        ),
        malformed=ordered.filter(pl.col("outcome") == "malformed").drop("outcome"),
        canaries=canaries.as_lists(),
        secrets=secrets,
    )


def _hotline(
    parameters: Parameters,
    dice: Dice,
    ground: Ground,
    world: Scenario,
    made: Tickets,
    canaries: Canaries,
    end: int,
) -> pl.DataFrame:
    """Adapted events known before the end, by recorded time; `at`, `recorded` and `due` are local ms."""
    is_first = made.events["stage"] == "accepted"
    recorded = noise.recorded(dice, HOTLINE, made.events["at"].to_numpy(), is_first, end)
    known = made.events.with_columns(recorded=pl.Series(recorded)).filter(pl.col("recorded") < end)
    told = made.cases.drop("received", "has_location").with_row_index("case").cast({"case": pl.Int64})
    opening = told.select(pl.exclude("^true_.*$")).with_columns(stage=pl.lit("accepted"))
    events = known.join(opening, on=["case", "stage"], how="left", maintain_order="left").join(
        told.select("case", "^true_.*$"), on="case", how="left", maintain_order="left"
    )
    names = _case_ids(parameters, made.cases["received"])
    return (
        _adapted(parameters, dice, ground, world, made, events, canaries)
        .with_columns(
            names.gather(events["case"]).alias("case_id"),
            names.gather(events["parent"]).alias("parent_case_id"),
            city_code=pl.lit(CITY),
            category_scheme=pl.when(pl.col("category_code").is_not_null()).then(pl.lit(city(CITY).category_scheme)),
            status_native=pl.col("stage").replace_strict(STATUS),
        )
        .drop("case", "parent")
        .sort("recorded", maintain_order=True)
    )


def _adapted(
    parameters: Parameters,
    dice: Dice,
    ground: Ground,
    world: Scenario,
    made: Tickets,
    events: pl.DataFrame,
    canaries: Canaries,
) -> pl.DataFrame:
    """The adapter's step: raw texts and reporters' numbers in; scrubbed texts and tokens out."""
    n = made.cases.height
    people = People.draw(dice, max(1, round(n * REPORTERS_PER_TICKET)))
    person = (dice.of("reporter").random(n) ** 1.5 * len(people.phones)).astype(np.int64)
    names = {area.area_code: area.name_zh for area in areas(CITY)}
    places = [names[code] for code in ground.column("community_code")[made.home].tolist()]
    problems = [world.matters[i].problems for i in made.matter.tolist()]
    texts = opening_texts(dice, people, person, problems, places, canaries)
    phones = [people.phones[who] for who in person.tolist()]
    canaries.phone.update(phones)
    # The city is invented and so is its key: the installation's own would make other bytes on every machine.
    keys = TokenKeys({f"simulated-{parameters.seed}": hashlib.sha256(f"{CITY}{parameters.seed}".encode()).digest()})
    tokens = keys.tokens(pl.Series(phones, dtype=pl.String), f"{CITY}/hotline")

    case = events["case"].to_numpy()
    is_first = (events["stage"] == "accepted").to_numpy()
    has_reply = (events["stage"] == "handled").to_numpy() & (dice.of("reply").random(n)[case] < REPLY_TEXT_SHARE)
    replying = case[has_reply]
    units = world.unit_names[made.owner[replying]].tolist()
    raw = np.full(events.height, None, dtype=object)
    raw[is_first] = np.array(texts, dtype=object)[case[is_first]]
    raw[has_reply] = reply_texts(dice, people, person[replying], units, canaries)
    return events.with_columns(
        scrub_text(raw.tolist()).alias("text"),
        tokens.gather(case).alias("reporter_token"),
        token_key_id=pl.lit(keys.current),
    ).with_columns(pl.when(pl.col("stage") == "accepted").then(pl.col("reporter_token", "token_key_id")))


def _camera(parameters: Parameters, dice: Dice, made: Detections, end: int) -> pl.DataFrame:
    is_first = made.events["stage"] == "detected"
    recorded = noise.recorded(dice, CAMERA, made.events["at"].to_numpy(), is_first, end)
    known = made.events.with_columns(recorded=pl.Series(recorded)).filter(pl.col("recorded") < end)
    cases = made.cases.drop("received", "handler").with_row_index("case").cast({"case": pl.Int64})
    return (
        known.join(cases, on="case", how="left", maintain_order="left")
        .with_columns(
            city_code=pl.lit(CITY),
            detection_id=pl.format("DT-{}-{}", pl.lit(parameters.tag), pl.col("case").cast(pl.String).str.zfill(7)),
            true_street_code=pl.col("true_community_code").str.head(9),
        )
        .drop("case")
        .sort("recorded", maintain_order=True)
    )


def _records(
    dice: Dice, wire: Contract, frame: pl.DataFrame, secrets: list[str], offset: int, end: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All records of a topic (sent: UTC, not yet in order across outcomes), and its distinct valid events."""
    times = {"event_at_utc": "at", "recorded_at_utc": "recorded"} | ({"due_at": "due"} if "due" in frame else {})
    events = frame.with_columns(
        pl.from_epoch(pl.col(local) - offset, "ms").alias(name) for name, local in times.items()
    ).with_columns(event_source=pl.lit(SOURCES[wire.topic]))
    fields = [field.name for field in wire.fields if field.name in events.columns]
    told = events.select("event_source", "event_at_utc", "recorded_at_utc", *fields)
    good = envelopes(told, wire).with_columns(sent=frame["recorded"])
    parts = {
        "valid": good,
        "duplicate": noise.resent(dice, wire.topic, good, end),
        "malformed": noise.malformed(dice, wire, good, secrets, end),
    }
    records = pl.concat(
        [part.with_columns(outcome=pl.lit(outcome)) for outcome, part in parts.items()], how="diagonal"
    ).select(
        pl.lit(wire.topic).alias("topic"),
        "key",
        "value",
        pl.from_epoch(pl.col("sent") - offset, "ms"),
        "outcome",
        "rule",
    )
    late_by = (pl.col("recorded_at_utc") - pl.col("event_at_utc")).dt.total_minutes()
    found = told.drop("text", "reporter_token", "token_key_id", strict=False).hstack(
        events.select(event_ids(told, wire), pl.lit(wire.topic).alias("topic"), "^true_.*$")
    )
    return records, found.with_columns(is_late=late_by > wire.late_after_minutes)


def _cases_as_known(tickets_: pl.DataFrame, events: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """One row per ticket: what was true and known at the end. A re-opened ticket is open until closed again."""
    at, stage = pl.col("event_at_utc"), pl.col("stage")
    given = stage.is_in(["dispatched", "signed", "handled", "closed"])
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
            pl.col("unit_code").filter(given).drop_nulls().last().alias("unit_code"),
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
    said = tickets_.select(pl.exclude("received", "category_name")).with_columns(names.alias("case_id"))
    return said.join(life, on="case_id", how="left", maintain_order="left").select(
        "case_id", pl.exclude("case_id", "^true_.*$"), pl.col("^true_.*$")
    )


def _case_ids(parameters: Parameters, received: pl.Series) -> pl.Series:
    """Case numbers as the hotline gives them: local day, the run's tag, number of the day."""
    frame = pl.DataFrame({"day": pl.from_epoch(received, "ms").dt.strftime("%Y%m%d")})
    number = (pl.int_range(1, pl.len() + 1).over("day")).cast(pl.String).str.zfill(5)
    return frame.select(pl.format("SF{}-{}-{}", "day", pl.lit(parameters.tag), number)).to_series()


def _offset(here: City, parameters: Parameters) -> int:
    """Milliseconds of local time before UTC; the simulator wants one offset for the whole span."""
    offsets = {instant.astimezone(here.zone).utcoffset() for instant in (parameters.start, parameters.end)}
    if len(offsets) != 1 or None in offsets:
        raise CityBrainError(f"{here.name_en} changes its clocks inside this span", remedy="choose a shorter span")
    return round((offsets.pop() or timedelta()).total_seconds() * 1000)


def _ms(instant: datetime) -> int:
    return round(instant.astimezone(UTC).timestamp() * 1000)


def _stamp(local: datetime) -> str:
    return local.strftime("%Y%m%d" if (local.hour, local.minute, local.second) == (0, 0, 0) else "%Y%m%dT%H%M%S")
