"""Reports as evidence: numbers and sets of bits, by which any two of them can be weighed. No word of a text is kept."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.fusion.knowledge import MAX_KINDS, UNKNOWN, Floats, Ints, Knowledge, Mask, knowledge

REPORTS = pl.Schema(
    {
        "city_code": pl.String(),
        "source": pl.String(),
        "subject": pl.String(),
        "told_at_utc": pl.Datetime("us"),
        "longitude": pl.Float64(),
        "latitude": pl.Float64(),
        "category_scheme": pl.String(),
        "category_code": pl.String(),
        "text": pl.String(),
        "county_code": pl.String(),
    }
)
"""One row per case or detection, by its first report. `source`: topic without `city.` and `.v1`; `subject`: case or
detection; `told_at_utc`: when it was told; longitude, latitude (WGS84), scheme, code, text and county may be null."""

KEY = ("city_code", "source", "subject")

TIES = pl.Schema(
    {
        "city_code": pl.String,
        "source": pl.String,
        "subject": pl.String,
        "other_source": pl.String,
        "other_subject": pl.String,
        "tie": pl.String,
    }
)
"""What sources declare, one row per tie within a city. `tie`: parent (repeats this case of the same source) or related
(came of this case or detection)."""

EARTH_METRES = 6_378_137.0
METRES_PER_DEGREE = EARTH_METRES * np.pi / 180
CAMERAS, PETITIONS = "camera.detection", "petition.matter"
CHANNELS = ("hotline.ticket", "department.case", "grid.report", CAMERAS)
"""Sources that tell of where something is; others are known by their number -1."""
CAMERA = CHANNELS.index(CAMERAS)

CELL_METRES = 200.0
CROWD_HOURS = 720.0
"""Chance is judged by what was told in three by three cells in so many hours before."""
ROW = 2**20
NEIGHBOURS = tuple(right * ROW + up for right in (-1, 0, 1) for up in (-1, 0, 1))
SECONDS = 2**34
"""More than there are seconds to tell of."""
HOURS = np.array([
    0.41, 0.31, 0.31, 0.28, 0.40, 0.58, 0.94, 1.41, 1.48, 1.49, 1.42, 1.09,
    1.20, 1.38, 1.43, 1.51, 1.44, 1.39, 1.38, 1.27, 1.09, 0.77, 0.58, 0.45,
])  # fmt: skip
"""What people tell in each hour by the sun, against the mean of the day: at night chance is rare."""
HAS_TEXT = np.uint64(1 << 63)
"""Bit of `Evidence.words`: there is a text, be it silent of kinds."""
ORDINARY_REPORTS, ORDINARY_HOURS = 1.0, 24.0
"""Told before the first report: where nobody ever told anything, chance is not nil."""
ORDINARY_DETECTIONS, ORDINARY_WATCH_HOURS = 4.0, 960.0
"""The same of one camera."""
PULL, USUAL_PULL = 0.7, -10.5
"""Where people tell much, they tell of what a camera saw as well; of what a camera sees all day, they don't. Weight of
(log of people's reports per square metre and hour) - (log of the camera's per hour), and where it is as usual."""


@dataclass(frozen=True)
class Evidence:
    """Columns over reports of one city, in the order of `KEY`.

    `x`, `y`: Mercator metres, a metre on the ground is 1 / `scale` of them; `at`: hours; `code`: row of the knowledge's
    tables; `slots`: report x 5, kinds that code or words name, -1 where fewer; `words`, `places`: bits of named kinds
    (and HAS_TEXT) and landmarks; `kind_alone`: how well its own best kind explains what it says; `channel`: number in
    CHANNELS, or -1; `crowd`: log of how many reports of people were told around it before, per square metre and hour;
    `pull`: of a camera's, log of how likely others tell of it too, against the mean of all cameras; 0 of others.
    """

    x: Floats
    y: Floats
    scale: Floats
    at: Floats
    code: Ints
    slots: Ints
    words: NDArray[np.uint64]
    places: NDArray[np.uint64]
    kind_alone: Floats
    channel: Ints
    crowd: Floats
    pull: Floats
    known: Knowledge

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Ints) -> Evidence:
        columns = {one.name: getattr(self, one.name)[rows] for one in fields(self) if one.name != "known"}
        return replace(self, **columns)

    @classmethod
    def of(cls, city: pl.DataFrame, rows: Ints) -> Evidence:
        """Of some rows of a city's reports (REPORTS, all with a point, by KEY), in the crowd of all of them."""
        known = knowledge(city["city_code"][0])
        reports = city[rows]
        y, scale = mercator(reports["latitude"].to_numpy())
        pairs = zip(reports["category_scheme"].to_list(), reports["category_code"].to_list(), strict=True)
        code = np.array([known.code_row.get((s or "", c or ""), known.code_row[UNKNOWN]) for s, c in pairs])
        spoken = _bits(reports["text"], known.words)
        words = spoken | np.where(reports["text"].fill_null("").to_numpy() != "", HAS_TEXT, np.uint64(0))
        crowd, pull = _chances(city, rows)
        slots = np.concatenate([known.kinds_of[code], _lowest(spoken, 2)], axis=1)
        return cls(
            x=METRES_PER_DEGREE * reports["longitude"].to_numpy(),
            y=y,
            scale=scale,
            at=reports["told_at_utc"].dt.epoch("s").to_numpy() / 3600.0,
            code=code,
            slots=slots,
            words=words,
            places=_bits(reports["text"], known.landmarks),
            kind_alone=_kind_alone(known, code, words, slots),
            channel=reports["source"]
            .replace_strict(list(CHANNELS), range(len(CHANNELS)), default=-1, return_dtype=pl.Int64)
            .to_numpy(),
            crowd=crowd,
            pull=pull,
            known=known,
        )


def mercator(latitude: Floats) -> tuple[Floats, Floats]:
    """Northing in Mercator metres, and what such a metre is on the ground there; latitude in degrees."""
    radians = np.radians(latitude)
    return EARTH_METRES * np.log(np.tan(np.pi / 4 + radians / 2)), np.cos(radians)


def _chances(city: pl.DataFrame, rows: Ints) -> tuple[Floats, Floats]:
    """`crowd` and `pull` of each of the rows, in the crowd of all reports of the city."""
    second, is_asked, hour = _seconds(city), _is_asked(city), _hour_by_sun(city)[rows]
    told, hours = _told_before(second, _cells(city), is_asked, rows, NEIGHBOURS)
    _, scale = mercator(city["latitude"].to_numpy()[rows])
    asked = np.log((told + ORDINARY_REPORTS) / (hours + ORDINARY_HOURS) / (3 * CELL_METRES * scale) ** 2)
    seen, hours = _told_before(second, _points(city), ~is_asked, rows, (0,))
    watched = np.log((seen + ORDINARY_DETECTIONS) / (hours + ORDINARY_WATCH_HOURS))
    pull = np.where(is_asked[rows], 0.0, PULL * (asked - watched - np.log(HOURS[hour]) - USUAL_PULL))
    return asked + np.log(HOURS[hour]), pull


def crowd_moved(city: pl.DataFrame, fresh: Mask) -> Mask:
    """Which reports have another `crowd` or `pull` since the fresh ones were told; all reports have a point."""
    second, is_asked = _seconds(city), _is_asked(city)
    found = np.zeros(city.height, dtype=bool)
    for is_counted, place, steps in ((is_asked, _cells(city), NEIGHBOURS), (~is_asked, _points(city), (0,))):
        new = fresh & is_counted
        if not new.any():
            continue
        later = np.flatnonzero(second >= second[new].min())
        found[later] |= _told_before(second, place, new, later, steps)[0] > 0
        first = second[is_counted & ~fresh].min(initial=np.iinfo(np.int64).max - SECONDS)
        if second[new].min() < first:  # the chances of the first days are counted from another day on
            found |= second <= first + CROWD_HOURS * 3600
    return found


def _told_before(
    second: Ints, place: Ints, is_counted: Mask, rows: Ints, steps: tuple[int, ...]
) -> tuple[Ints, Floats]:
    """How many of the counted were told in the CROWD_HOURS before each of the rows, in its place and those so many
    numbers beside; and hours of these in which any were told in the city."""
    counted = np.flatnonzero(is_counted)
    order = counted[np.lexsort((second[counted], place[counted]))]
    told = np.zeros(len(rows), dtype=np.int64)
    if not len(order):
        return told, np.zeros(len(rows))
    known, of = np.unique(place[order], return_inverse=True)
    keys = of * SECONDS + second[order]
    for step in steps:
        beside = place[rows] + step
        at = np.minimum(np.searchsorted(known, beside), len(known) - 1)
        until, since = (
            np.searchsorted(keys, at * SECONDS + second[rows] - back) for back in (0, round(CROWD_HOURS * 3600))
        )
        told += np.where(known[at] == beside, until - since, 0)
    return told, np.clip((second[rows] - second[counted].min()) / 3600.0, 0.0, CROWD_HOURS)


def _hour_by_sun(city: pl.DataFrame) -> Ints:
    return (_seconds(city) / 3600.0 + city["longitude"].to_numpy() / 15.0).astype(np.int64) % 24


def _points(city: pl.DataFrame) -> Ints:
    """Number of each report's exact point: a camera tells of one."""
    return city.select(pl.struct("longitude", "latitude").rank("dense").cast(pl.Int64)).to_series().to_numpy()


def _seconds(city: pl.DataFrame) -> Ints:
    return city["told_at_utc"].dt.epoch("s").to_numpy()


def _is_asked(city: pl.DataFrame) -> Mask:
    return (city["source"] != CAMERAS).to_numpy()


def _cells(city: pl.DataFrame) -> Ints:
    """Number of each report's cell of CELL_METRES, in Mercator metres; NEIGHBOURS lead to those around it."""
    y, _ = mercator(city["latitude"].to_numpy())
    x = city["longitude"].to_numpy() * METRES_PER_DEGREE
    column, row = (np.floor(axis / CELL_METRES).astype(np.int64) for axis in (x, y))
    numbers: Ints = column * ROW + row
    return numbers


def said_given_kind(known: Knowledge, code: Ints, words: NDArray[np.uint64], kind: Ints) -> Floats:
    """Log of how much likelier each report's code and words are if it tells of the kind than if of just anything."""
    is_said = (words >> np.clip(kind, 0, MAX_KINDS).astype(np.uint64)) & np.uint64(1)
    spoken = np.where(is_said > 0, known.word_yes[kind], known.word_no[kind])
    told = np.where(words > HAS_TEXT, spoken, np.where(words == HAS_TEXT, known.word_none[kind], 0.0))
    found: Floats = known.code_given_kind[code, kind] + told
    return found


def _kind_alone(known: Knowledge, code: Ints, words: NDArray[np.uint64], slots: Ints) -> Floats:
    tried = [
        np.where(kind >= 0, said_given_kind(known, code, words, kind) + known.prior_of_code[code, kind], -np.inf)
        for kind in slots.T
    ]
    best: Floats = np.max(tried, axis=0)
    return np.where(np.isfinite(best), best, 0.0)


def _bits(text: pl.Series, patterns: tuple[str, ...]) -> NDArray[np.uint64]:
    """Bit i is set where one of the words of pattern i (`word|word`) is found; each distinct text is searched once."""
    bits: dict[str, int] = {}
    for bit, pattern in enumerate(patterns):
        for word in pattern.split("|"):
            bits[word] = bits.get(word, 0) | 1 << bit
    distinct = pl.DataFrame({"text": text.drop_nulls().unique(maintain_order=True)})
    found = (
        distinct.with_columns(word=pl.col("text").str.extract_many(list(bits), overlapping=True))
        .explode("word")
        .with_columns(bit=pl.col("word").replace_strict(bits, default=0, return_dtype=pl.UInt64))
        .group_by("text")
        .agg(pl.col("bit").bitwise_or())
    )
    known = pl.DataFrame({"text": text}).join(found, on="text", how="left", maintain_order="left")
    return known["bit"].fill_null(0).to_numpy()


def _lowest(bits: NDArray[np.uint64], n: int) -> Ints:
    """Numbers of the n lowest bits of each, -1 where fewer are set."""
    found = np.full((len(bits), n), -1)
    left = bits.copy()
    for i in range(n):
        is_set = left > 0
        low = left[is_set] & (~left[is_set] + np.uint64(1))
        found[is_set, i] = np.log2(low.astype(np.float64)).astype(np.int64)
        left[is_set] &= left[is_set] - np.uint64(1)
    return found
