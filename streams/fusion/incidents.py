"""Incidents with names: links of cases and detections to incidents, made from all of them or brought up to date.

An incident is named by its earliest report, so its id says nothing of when or with what else it was made. Where a
name ends or members leave, an alias tells where they are now.
"""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from streams.fusion.evidence import CAMERAS, KEY, METRES_PER_DEGREE, PETITIONS, Evidence, crowd_moved, mercator
from streams.fusion.knowledge import Ints, Mask, knowledge
from streams.fusion.likelihood import Sets, weigh
from streams.fusion.partition import REACH_HOURS, REACH_METRES, candidates, components, partition

LINKS = pl.Schema(
    {
        "city_code": pl.String(),
        "source": pl.String(),
        "subject": pl.String(),
        "incident_id": pl.String(),
        "group_id": pl.String(),
        "told_at_utc": pl.Datetime("us"),
        "is_first": pl.Boolean(),
        "reports": pl.Int64(),
        "score": pl.Float64(),
        "metres_off": pl.Float64(),
        "hours_after": pl.Float64(),
        "is_declared": pl.Boolean(),
        "reasons_zh": pl.String(),
    }
)
"""One row per case or detection. `incident_id`: 32 hex digits; `group_id`: of all reports that it was weighed with;
`is_first`: names the incident; `reports`: how many the incident has; `score`: by how much the incident explains more
with it than without (logarithm; null where it is alone or lies nowhere); `metres_off`: from the middle of its
incident; `hours_after`: its first report; `is_declared`: a source says so."""

ALIASES = pl.Schema({"city_code": pl.String, "old_id": pl.String, "new_id": pl.String, "cause": pl.String})
"""`cause`: joined (the old name ended, its first report belongs to the new one now), split (reports left the old
incident, which lives on), withdrawn (the old one's first report is gone; its next is in the new one)."""


def fuse(reports: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Links (LINKS) of all reports (REPORTS) with their ties (TIES), whatever the order of rows."""
    found = [
        _linked(city, np.ones(city.height, dtype=bool), ties.filter(pl.col("city_code") == name))
        for (name,), city in reports.sort(KEY).group_by("city_code", maintain_order=True)
    ]
    return pl.concat([LINKS.to_frame(), *found])


def fuse_again(
    reports: pl.DataFrame, ties: pl.DataFrame, links: pl.DataFrame, fresh: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Links of the reports whose incidents may change, and aliases (ALIASES) of those that do.

    `links` are those before, `fresh` the KEY of reports that are new or have new ties. With the links of all other
    reports as they were, these are exactly what `fuse` makes of all reports. Where reports are gone, `fuse` them all.
    """
    found = []
    for name in fresh["city_code"].unique().sort():
        here = pl.col("city_code") == name
        city = reports.filter(here)
        wanted = _touched(city, ties.filter(here), links.filter(here), fresh.filter(here))
        seen = city.with_columns(wanted=pl.Series(wanted)).sort(KEY)
        found.append(_linked(seen.drop("wanted"), seen["wanted"].to_numpy(), ties.filter(here)))
    new = pl.concat([LINKS.to_frame(), *found])
    return new, aliases(links.join(new, on=KEY, how="semi"), new)


def aliases(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """What became of each old incident that is not what it was (ALIASES), from links of the same reports."""
    moved = (
        old.select(*KEY, "told_at_utc", "is_first", old_id="incident_id")
        .join(new.select(*KEY, new_id="incident_id"), on=KEY, how="left")
        .sort("old_id", "told_at_utc", "source", "subject")
    )
    lives = new.select("city_code", old_id="incident_id").unique()
    ended = moved.join(lives, on=["city_code", "old_id"], how="anti")
    heir = (
        ended.group_by("city_code", "old_id", maintain_order=True)
        .agg(
            pl.col("new_id").drop_nulls().first(),
            pl.when(pl.col("new_id").first().is_null()).then(pl.lit("withdrawn")).otherwise(pl.lit("joined")).alias("cause"),
        )
        .filter(pl.col("new_id").is_not_null())
    )  # fmt: skip
    left = (
        moved.filter(pl.col("new_id").is_not_null() & (pl.col("new_id") != pl.col("old_id")))
        .select("city_code", "old_id", "new_id")
        .unique()
        .join(heir, on=["city_code", "old_id", "new_id"], how="anti")
        .with_columns(cause=pl.lit("split"))
    )
    return pl.concat([heir.select(ALIASES.names()), left.select(ALIASES.names())]).sort(ALIASES.names())


def _touched(city: pl.DataFrame, ties: pl.DataFrame, links: pl.DataFrame, fresh: pl.DataFrame) -> Mask:
    """Which reports can change: the fresh ones; those for whom chance is another now; who lies within reach of these;
    who is tied to one; and all that were weighed together with any of them."""
    rows = _rows(city, fresh)
    is_fresh = np.zeros(city.height, dtype=bool)
    is_fresh[rows] = True
    has_point = _has_point(city)
    moved = np.flatnonzero(has_point)[crowd_moved(city.filter(has_point), is_fresh[has_point])]
    near = _around(city, np.union1d(rows, moved))
    other = ["city_code", "other_source", "other_subject"]
    named = ties.join(fresh, on=KEY, how="semi").select(other)
    named = pl.concat([named, fresh.select(KEY).rename(dict(zip(KEY, other, strict=True)))])
    kin = [named.rename(dict(zip(other, KEY, strict=True))), ties.join(named, on=other, how="semi").select(KEY)]
    everyone = pl.concat([city[near].select(KEY), *kin]).unique()
    groups = links.join(everyone, on=KEY, how="semi").select("group_id").unique()
    mates = links.join(groups, on="group_id", how="semi").select(KEY)
    found = np.zeros(city.height, dtype=bool)
    found[_rows(city, pl.concat([everyone, mates]).unique())] = True
    return found


def _rows(city: pl.DataFrame, keys: pl.DataFrame) -> Ints:
    """Row numbers of those of the keys that are there, ascending."""
    numbered = city.select(KEY).with_row_index("row")
    return numbered.join(keys.select(KEY), on=KEY, how="semi")["row"].cast(pl.Int64).sort().to_numpy()


def _around(city: pl.DataFrame, rows: Ints) -> Ints:
    """These rows and all within reach of one of them, ascending."""
    at = city["told_at_utc"].dt.epoch("s").to_numpy() / 3600.0
    has_point = _has_point(city)
    here = rows[has_point[rows]]
    if not len(here):
        return rows
    is_near = has_point & (at >= at[here].min() - REACH_HOURS) & (at <= at[here].max() + REACH_HOURS)
    near = np.flatnonzero(is_near)
    y, scale = mercator(city["latitude"].to_numpy()[near])
    x = city["longitude"].to_numpy()[near] * METRES_PER_DEGREE
    reach = REACH_METRES / scale.min()
    points = np.column_stack([x / reach, y / reach, at[near] / REACH_HOURS])
    which = np.searchsorted(near, here)
    # A hair more than the reach: who is in vain here costs a moment, who is missed would be a wrong figure.
    found = cKDTree(points[which]).query_ball_tree(cKDTree(points), 1.0 + 1e-9, p=np.inf)
    hit = np.unique(np.fromiter((one for many in found for one in many), dtype=np.int64))
    return np.union1d(rows, near[hit])


def _has_point(city: pl.DataFrame) -> Mask:
    return (city["longitude"].is_not_null() & city["latitude"].is_not_null()).to_numpy()


def _linked(city: pl.DataFrame, wanted: Mask, ties: pl.DataFrame) -> pl.DataFrame:
    """Links of the wanted reports of a city (sorted by KEY), weighed among themselves in the crowd of all.

    In a city whose codes nobody has measured only what sources declare is joined: a wrong incident is worse than none.
    """
    whole = np.flatnonzero(wanted)
    has_point = _has_point(city)
    mine = city[whole]
    tied, apart = _declared(mine, ties)
    incident, group = tied.copy(), tied.copy()
    weighed, evidence = None, None
    located = np.flatnonzero(wanted & has_point)
    if len(located) and knowledge(city["city_code"][0]).is_measured:
        evidence = Evidence.of(city.filter(has_point), np.flatnonzero(wanted[has_point]))
        rows = np.searchsorted(whole, located)
        lowest = np.full(len(whole), len(rows))
        np.minimum.at(lowest, tied[rows], np.arange(len(rows)))
        made = partition(evidence, candidates(evidence), lowest[tied[rows]], apart[rows])
        n = len(whole)
        self = np.arange(n)
        incident = components(n, (np.concatenate([self, rows]), np.concatenate([tied, rows[made.incident]])))
        group = components(n, (np.concatenate([self, rows]), np.concatenate([tied, rows[made.group]])))
        weighed = _reasons(evidence, incident[rows], tied[rows])
        weighed = weighed.with_columns(row=pl.Series(rows))
    return _named(mine, incident, group, tied, weighed)


def tied_rows(reports: pl.DataFrame, ties: pl.DataFrame) -> Ints:
    """Per report (sorted by KEY, one city) the lowest row of those that sources declare one with it."""
    return _declared(reports, ties)[0]


def _declared(reports: pl.DataFrame, ties: pl.DataFrame) -> tuple[Ints, NDArray[np.int64]]:
    """Per report the lowest row of those that sources declare one with it; and columns of numbers that keep apart.

    A source that declared repetitions of one case and repetitions of another tells the two apart, and a video system
    follows a thing until it is gone: each of its detections is another. A petition is tied to nothing outside of its
    county.
    """
    n = reports.height
    other = ["city_code", "other_source", "other_subject"]
    row = reports.select(KEY).with_row_index("row").cast({"row": pl.Int64})
    county = reports.select(*KEY, "county_code")
    found = (
        ties.join(row, on=KEY, how="inner")
        .join(row.rename(dict(zip(KEY, other, strict=True))).rename({"row": "to"}), on=other, how="left")
        .join(county, on=KEY, how="left")
        .join(county.rename({**dict(zip(KEY, other, strict=True)), "county_code": "there"}), on=other, how="left")
        .filter(
            ~((pl.col("source") == PETITIONS) | (pl.col("other_source") == PETITIONS))
            | (pl.col("county_code") == pl.col("there")).fill_null(True)
        )
        # A parent that nobody knows stands for itself: its repetitions are one all the same.
        .with_columns(absent=pl.struct(other).rank("dense").cast(pl.Int64) + n - 1)
        .with_columns(to=pl.coalesce("to", "absent"))
    )
    size = n + found.height + 1
    tied = _lowest_of(n, components(size, (found["row"].to_numpy(), found["to"].to_numpy())))
    same = found.filter(pl.col("tie") == "parent")
    repeats = components(size, (same["row"].to_numpy(), same["to"].to_numpy()))
    is_repeat = np.bincount(repeats, minlength=size)[repeats] > 1
    source = reports["source"].to_numpy()
    apart = [
        np.where((source == name) & (is_repeat[:n] | (name == CAMERAS)), repeats[:n], -1) for name in np.unique(source)
    ]
    return tied, np.column_stack(apart)


def _lowest_of(n: int, label: Ints) -> Ints:
    """Per row below n the lowest row of its label; labels may belong to rows beyond."""
    lowest = np.full(len(label), n)
    np.minimum.at(lowest, label[:n], np.arange(n))
    return lowest[label[:n]]


def _reasons(evidence: Evidence, incident: Ints, tied: Ints) -> pl.DataFrame:
    """Per report: what its incident would lose without it, and why it is there, in words."""
    sets, _ = Sets.of(incident, np.arange(len(evidence)))
    size, start = sets.size, sets.first[:-1]
    of = np.repeat(np.arange(len(sets)), size)
    rest, at = _without_each(sets)
    whole, less = weigh(evidence, sets), weigh(evidence, rest)
    scale = evidence.scale[sets.member]
    x, y = ((axis[sets.member] - axis[sets.member[start]][of]) * scale for axis in (evidence.x, evidence.y))
    middle = [np.add.reduceat(axis, start) / size for axis in (x, y)]
    hours = evidence.at[sets.member]
    parts = {name: np.full(len(of), np.nan) for name in ("total", "kind", "landmark")}
    for name, values in parts.items():
        values[at] = getattr(whole, name)[of[at]] - getattr(less, name)
    found = pl.DataFrame(
        {
            "at": sets.member,
            "score": parts["total"],
            "kind": parts["kind"],
            "landmark": parts["landmark"],
            "metres_off": np.hypot(x - middle[0][of], y - middle[1][of]),
            "hours_after": hours - np.minimum.reduceat(hours, start)[of],
            "is_declared": (np.bincount(tied, minlength=len(tied))[tied] > 1)[sets.member],
        }
    ).with_columns(pl.col("score", "kind", "landmark").fill_nan(None))
    words = [
        pl.when(pl.col("is_declared")).then(pl.lit("来源已声明")),
        pl.format("距中心{}米", pl.col("metres_off").round().cast(pl.Int64)),
        pl.when(pl.col("hours_after") > 0)
        .then(pl.format("晚{}小时", pl.col("hours_after").round(1)))
        .otherwise(pl.lit("最早")),
        pl.when(pl.col("kind") > 1).then(pl.lit("事项相符")).when(pl.col("kind") < -1).then(pl.lit("事项不同")),
        pl.when(pl.col("landmark") > 1)
        .then(pl.lit("地点说法一致"))
        .when(pl.col("landmark") < -1)
        .then(pl.lit("地点说法不同")),
    ]  # fmt: skip
    return found.sort("at").select(
        pl.col("score").round(3),
        pl.col("metres_off").round(1),
        pl.col("hours_after").round(2),
        pl.when(pl.col("score").is_not_null())
        .then(pl.concat_str(words, separator="，", ignore_nulls=True))
        .alias("reasons_zh"),
    )  # fmt: skip


def _without_each(sets: Sets) -> tuple[Sets, Ints]:
    """For each member of a set of several, in order, the set without it; and the member's place in `sets.member`."""
    size = sets.size
    several = np.flatnonzero(size > 1)
    squares = size[several] ** 2
    of = np.repeat(several, squares)
    step = np.arange(len(of)) - np.repeat(np.cumsum(squares) - squares, squares)
    left, kept = step // size[of], step % size[of]
    member = sets.member[(sets.first[of] + kept)[left != kept]]
    at = np.flatnonzero(np.repeat(size > 1, size))
    return Sets(np.concatenate([[0], np.cumsum(np.repeat(size, size)[at] - 1)]), member), at


def _named(
    reports: pl.DataFrame, incident: Ints, group: Ints, tied: Ints, weighed: pl.DataFrame | None
) -> pl.DataFrame:
    made = reports.select(*KEY, "told_at_utc").with_columns(
        incident=pl.Series(incident),
        group=pl.Series(group),
        row=pl.int_range(pl.len()),
        is_declared=pl.Series(np.bincount(tied, minlength=len(tied))[tied] > 1),
    )
    order = ["told_at_utc", "source", "subject"]
    made = made.with_columns(
        first=pl.col("row").sort_by(order).first().over("incident"),
        reports=pl.len().over("incident").cast(pl.Int64),
        group=pl.col("row").sort_by(order).first().over("group"),
    )
    names = np.array(["|".join(key) for key in reports.select(KEY).iter_rows()], dtype=object)
    wanted = np.unique(np.concatenate([made["first"].to_numpy(), made["group"].to_numpy()]))
    hashes = np.full(len(names), None, dtype=object)
    hashes[wanted] = [hashlib.sha256(one.encode()).hexdigest()[:32] for one in names[wanted]]
    ids = pl.Series(hashes.tolist(), dtype=pl.String)
    nothing = {
        "score": pl.Float64,
        "metres_off": pl.Float64,
        "hours_after": pl.Float64,
        "reasons_zh": pl.String,
        "row": pl.Int64,
    }
    found = made.join(
        pl.DataFrame(schema=nothing) if weighed is None else weighed, on="row", how="left", maintain_order="left"
    )
    return found.select(
        *KEY,
        ids.gather(found["first"]).alias("incident_id"),
        ids.gather(found["group"]).alias("group_id"),
        "told_at_utc",
        (pl.col("row") == pl.col("first")).alias("is_first"),
        "reports",
        "score",
        "metres_off",
        "hours_after",
        "is_declared",
        pl.coalesce("reasons_zh", pl.when(pl.col("is_declared")).then(pl.lit("来源已声明")))
        .fill_null("")
        .alias("reasons_zh"),
    ).cast(dict(LINKS))  # type: ignore[arg-type]
