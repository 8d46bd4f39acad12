"""Reports of things in the streets, as city management and the grids get them: what, where, when, in which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from streams.simulators.town.dice import DAY, Dice, Floats, Ints, Mask, pick
from streams.simulators.town.incidents import EVALUATION_SHARE
from streams.simulators.town.seasons import THINGS_BY_HOUR
from streams.simulators.town.texts import SPOTS, Canaries, People, forms, spoken, written
from streams.simulators.town.things import mistaken, per_thing, phrases, things
from streams.simulators.town.world import World

LOCATED_SHARE, OUTSIDE_SHARE = 0.972, 0.004
"""Of reports outside of true incidents: a point in a grid, a point across the border; the rest names an area only."""
PEOPLE = 400

SCHEME_2013, PARTS_2013, SCHEME_2026 = "gbt30428-2013", "gbt30428-2013-part", "gbt47678-2026"


@dataclass(frozen=True)
class Reports:
    """One row per report, by time. `thing` is what it really is, `told` what it is taken for (rows of `things`).

    `telling` is the channel's telling of a true incident, -1 for an incident of the report's own.
    """

    channel: str
    at: Ints
    thing: Ints
    told: Ints
    fault: Ints
    home: Ints
    telling: Ints
    incident: Ints
    is_evaluation: Mask
    spot: Ints
    places: pl.DataFrame
    codes: pl.DataFrame

    @classmethod
    def drawn(cls, world: World, channel: str, per_day: float) -> Reports:
        """As many as belong to the world's span, those of true incidents among them."""
        dice, ground = world.dice, world.ground
        shared = world.incidents.told_by(channel).filter(pl.col("thing") >= 0)
        at, day = world.season.draw(
            dice.of(f"{channel}.at"), THINGS_BY_HOUR, max(1, world.count(per_day) - shared.height)
        )
        rng, n = dice.of(f"{channel}.reports"), len(at)
        weight, boost = per_thing("weight"), per_thing("rain_boost")
        thing = np.where(world.season.is_rainy[day], pick(rng, weight * boost, n), pick(rng, weight, n))
        grid = ground.draw(rng, n)
        right = shared["thing"].to_numpy()
        told, fault = mistaken(rng, right, shared["fault"].to_numpy(), city_families(world))
        both = {
            "at": (at, shared["at"].to_numpy()),
            "thing": (thing, right),
            "told": (thing, told),
            "fault": (np.zeros(n, dtype=np.int64), fault),
            "home": (grid, shared["grid"].to_numpy()),
            "telling": (np.full(n, -1), np.arange(shared.height)),
            "incident": (np.full(n, -1), shared["incident"].to_numpy()),
            "is_evaluation": (rng.random(n) < EVALUATION_SHARE, shared["is_evaluation"].to_numpy()),
            "spot": (rng.integers(0, len(SPOTS), n), shared["spot"].to_numpy()),
        }
        order = np.argsort(np.concatenate(both["at"]), kind="stable")
        mixed = {name: np.concatenate(parts)[order] for name, parts in both.items()}
        points = (shared["longitude"].to_numpy(), shared["latitude"].to_numpy())
        return cls(
            channel=channel,
            places=_places(world, rng, mixed["home"], mixed["telling"], points),
            codes=city_codes(world, mixed["told"], mixed["at"]),
            **mixed,
        )

    def __len__(self) -> int:
        return len(self.at)

    def texts(
        self, world: World, of: tuple[str, ...], weights: Floats, canaries: Canaries
    ) -> tuple[pl.Series, pl.DataFrame]:
        """Scrubbed texts, and the `true_…` columns that tie the reports to their incidents."""
        rng = world.dice.of(f"{self.channel}.texts")
        form = forms(rng, weights, self.is_evaluation)
        people = People.draw(Dice(world.parameters.seed + 2), PEOPLE)
        canaries.phone.update(people.phones)
        person = rng.integers(0, PEOPLE, len(self))
        names = {area.area_code: area.name_zh for area in world.areas}
        areas = [names[code] for code in world.ground.column("community_code")[self.home].tolist()]
        said = spoken(rng, phrases(self.thing, self.is_evaluation), self.spot, areas)
        raw = written(rng, of, form, people, person, said, canaries)
        marks = world.incidents.marks(self.channel, self.telling, self.fault, form, self.is_evaluation)
        return world.scrubbed(raw).alias("text"), marks

    def declared(self, rng: np.random.Generator, share: float) -> Ints:
        """Row of the incident's first report, where the source declares a later one its repetition; else -1."""
        rows = np.flatnonzero(self.telling >= 0)
        _, first, number = np.unique(self.incident[rows], return_index=True, return_inverse=True)
        found = np.full(len(self), -1, dtype=np.int64)
        found[rows] = rows[first[number]]
        is_declared = (found != np.arange(len(self))) & (rng.random(len(self)) < share)
        return np.where(is_declared, found, -1)


def _places(
    world: World, rng: np.random.Generator, home: Ints, telling: Ints, points: tuple[Floats, Floats]
) -> pl.DataFrame:
    """What each report says of its place, and (`true_…`) what follows from it."""
    n, ground = len(home), world.ground
    is_shared = telling >= 0
    how = rng.random(n)
    is_located = is_shared | (how < LOCATED_SHARE)
    is_outside = ~is_shared & (how >= 1 - OUTSIDE_SHARE)
    longitude, latitude = ground.points(rng, home)
    far = ground.points_outside(rng, n)
    place = []
    for mine, other, theirs in zip((longitude, latitude), far, points, strict=True):
        mine[is_shared] = theirs[telling[is_shared]]
        place.append(np.where(is_outside, other, mine))
    codes = {name: ground.column(name)[home] for name in ("grid_code", "community_code", "street_code")}
    says_grid = ~is_outside & (rng.random(n) < 0.5)
    return pl.DataFrame(
        {
            "longitude": place[0],
            "latitude": place[1],
            "area_code": np.where(says_grid, codes["grid_code"], codes["community_code"]).tolist(),
            "true_grid_code": codes["grid_code"].tolist(),
            "true_community_code": codes["community_code"].tolist(),
            "true_street_code": codes["street_code"].tolist(),
        },
        schema_overrides=dict.fromkeys(("area_code", "true_grid_code"), pl.String),
    ).with_columns(
        pl.when(pl.lit(pl.Series(is_located | is_outside))).then(pl.col("longitude", "latitude")),
        pl.when(pl.lit(pl.Series(~is_outside))).then(pl.col("area_code", "true_community_code", "true_street_code")),
        pl.when(pl.lit(pl.Series(is_located | (says_grid & ~is_outside))))
        .then("true_grid_code")
        .alias("true_grid_code"),
    )


def city_codes(world: World, thing: Ints, at: Ints) -> pl.DataFrame:
    """category_scheme, _code and _name of each thing (row) in city management, by the day's standard."""
    switch = world.here.category_switch_on
    is_new = at >= (switch - date(1970, 1, 1)).days * DAY if switch else np.zeros(len(at), dtype=bool)
    schemes = (SCHEME_2013, PARTS_2013, SCHEME_2026)
    names = {(c.category_scheme, c.category_code): c.name_zh for scheme in schemes for c in world.categories(scheme)}
    known = []
    for one in things():
        old = (SCHEME_2013, one.code_2013) if one.code_2013 else (PARTS_2013, one.part_2013)
        known.append([(*key, names[key]) for key in (old, (SCHEME_2026, one.code_2026))])
    found = np.array(known, dtype=object)[thing, is_new.astype(np.int64)]
    columns = ("category_scheme", "category_code", "category_name")
    return pl.DataFrame({name: pl.Series(found[:, i].tolist(), dtype=pl.String) for i, name in enumerate(columns)})


def city_families(world: World) -> list[str]:
    """The category family of each thing in city management."""
    family = {category.category_code: category.family for category in world.categories(SCHEME_2026)}
    return [family[thing.code_2026] for thing in things()]
