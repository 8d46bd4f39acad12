"""How good fusion is: pairs that it joins against pairs that belong together, and what simpler ways make of the same.

The constants of `likelihood` and `partition`, and `data/shares.csv`, were chosen on cities of DEVELOPMENT_SEEDS. Twice
a constant was set anew after a test city had been seen, and TEST_SEEDS were then replaced (lastly 201 to 206); figures
that are published come from these. The thresholds of the peers are chosen on the very city that they are measured on,
which is more than they could get in life.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from streams.fusion.evidence import KEY, METRES_PER_DEGREE, mercator
from streams.fusion.incidents import fuse, tied_rows
from streams.fusion.knowledge import Floats, Ints, knowledge
from streams.fusion.partition import components

DEVELOPMENT_SEEDS = (1, 2, 3, 4, 5, 6)
TEST_SEEDS = (301, 302, 303)

SAME_CATEGORY_METRES, SAME_CATEGORY_HOURS = 50.0, 24.0
"""Of the plainest peer: what is of one kind, this near and this soon after, is one."""
TUNED_METRES = (10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 65.0, 80.0, 100.0, 130.0, 170.0, 220.0)
TUNED_HOURS = (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 96.0)
"""DBSCAN's radius in place, and how much time weighs as much; the best lies inside, as `is_inside` says."""


@dataclass(frozen=True)
class Score:
    """Pairs, those that sources declare left out."""

    pairs_truth: int
    pairs_found: int
    pairs_right: int

    @property
    def precision(self) -> float:
        return self.pairs_right / self.pairs_found if self.pairs_found else 1.0

    @property
    def recall(self) -> float:
        return self.pairs_right / self.pairs_truth if self.pairs_truth else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def told(self) -> dict[str, float | int]:
        """As a mapping, rounded to four places."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "pairs_truth": self.pairs_truth,
            "pairs_found": self.pairs_found,
        }


def evaluation(reports: pl.DataFrame, ties: pl.DataFrame, truth: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Fuse, and score it and its peers: everything rounded and ready for JSON.

    `truth`: (source, subject) -> incident; who is not in it is an incident alone. Reports without a point take no
    part: none of them belongs to an incident that others tell of.
    """
    located = reports.filter(pl.col("longitude").is_not_null() & pl.col("latitude").is_not_null()).sort(KEY)
    tied, kinds = tied_rows(located, ties), kinds_of(located)
    true, found = truth_labels(located, truth), labels(located, fuse(located, ties))
    clusters, radius = dbscan(located, kinds, true, tied)
    return {
        **score(found, true, tied).told(),
        "reports": located.height,
        "reports_per_km2_and_day": round(density(located), 1),
        "by_channel_pair": {
            name: one.told() for name, one in by_channel_pair(found, true, tied, located["source"].to_list()).items()
        },
        "baselines": {
            "same_category_50m_24h": score(same_category(located, kinds["kind"], tied), true, tied).told(),
            "dbscan": {**score(clusters, true, tied).told(), "tuned": radius},
            "no_fusion": score(tied, true, tied).told(),
        },
    }


def score(found: Ints, truth: Ints, tied: Ints) -> Score:
    """Of labels per report: `found` incident, `truth` (own label for an incident of its own), `tied` by sources."""
    return Score(*(_pairs(*labels) - _pairs(*labels, tied) for labels in ((truth,), (found,), (truth, found))))


def by_channel_pair(found: Ints, truth: Ints, tied: Ints, source: list[str]) -> dict[str, Score]:
    """Scores of pairs within and between sources; name: the two sources, joined by ` + `."""
    names = sorted(set(source))
    row = np.array([names.index(one) for one in source])
    within = {name: score(*(labels[row == i] for labels in (found, truth, tied))) for i, name in enumerate(names)}
    scores = {f"{name} + {name}": one for name, one in within.items()}
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            both = score(*(labels[(row == i) | (row == j)] for labels in (found, truth, tied)))
            alone = (within[one], within[names[j]])
            scores[f"{one} + {names[j]}"] = Score(
                both.pairs_truth - sum(part.pairs_truth for part in alone),
                both.pairs_found - sum(part.pairs_found for part in alone),
                both.pairs_right - sum(part.pairs_right for part in alone),
            )
    return {name: one for name, one in sorted(scores.items()) if one.pairs_truth or one.pairs_found}


def labels(reports: pl.DataFrame, links: pl.DataFrame) -> Ints:
    """Per report the number of its incident."""
    found = reports.select(KEY).join(links, on=KEY, how="left", maintain_order="left")
    return found["incident_id"].rank("dense").cast(pl.Int64).to_numpy()


def truth_labels(reports: pl.DataFrame, truth: dict[tuple[str, str], str]) -> Ints:
    """Per report a number of its true incident; who is in none is one alone."""
    own = (
        truth.get((source, subject), f"{source}|{subject}") for _, source, subject in reports.select(KEY).iter_rows()
    )
    return np.unique(list(own), return_inverse=True)[1]


def kinds_of(reports: pl.DataFrame) -> dict[str, Ints]:
    """Labels by which peers tell kinds apart: `kind` (the first that the code names) and `family` of the category."""
    known = knowledge(reports["city_code"][0])
    codes = zip(reports["category_scheme"].to_list(), reports["category_code"].to_list(), strict=True)
    row = np.array([known.code_row.get((s or "", c or ""), -1) for s, c in codes])
    return {"kind": np.where(row < 0, -1, known.kinds_of[row, 0]), "family": np.where(row < 0, -1, known.families[row])}


def same_category(reports: pl.DataFrame, kind: Ints, tied: Ints) -> Ints:
    """The plainest peer: connected components of reports of one kind, 50 m, 24 h."""
    pairs, metres, hours = _near(reports, SAME_CATEGORY_METRES, SAME_CATEGORY_HOURS)
    is_one = (metres <= SAME_CATEGORY_METRES) & (hours <= SAME_CATEGORY_HOURS) & (kind[pairs[0]] == kind[pairs[1]])
    return _connected(len(kind), pairs[:, is_one], tied)


def dbscan(
    reports: pl.DataFrame, kinds: dict[str, Ints], truth: Ints, tied: Ints
) -> tuple[Ints, dict[str, float | str | bool]]:
    """DBSCAN per kind on place and scaled time, two reports make a cluster; the best of all radii, and that radius.

    With two reports to a cluster DBSCAN's clusters are the connected components of the radius (Ester et al. 1996).
    """
    pairs, metres, hours = _near(reports, max(TUNED_METRES), max(TUNED_HOURS))
    tried: list[tuple[float, Ints, dict[str, float | str | bool]]] = []
    for (name, kind), radius, span in product(kinds.items(), TUNED_METRES, TUNED_HOURS):
        is_one = (kind[pairs[0]] == kind[pairs[1]]) & (np.hypot(metres / radius, hours / span) <= 1)
        found = _connected(len(kind), pairs[:, is_one], tied)
        tried.append((score(found, truth, tied).f1, found, {"label": name, "metres": radius, "hours": span}))
    _, found, chosen = max(tried, key=lambda one: one[0])
    ends = ({TUNED_METRES[0], TUNED_METRES[-1]}, {TUNED_HOURS[0], TUNED_HOURS[-1]})
    is_inside = chosen["metres"] not in ends[0] and chosen["hours"] not in ends[1]
    return found, {**chosen, "is_inside": is_inside}


def density(reports: pl.DataFrame) -> float:
    """Reports per square kilometre and day where reports are: hectares of 250 m that have any."""
    y, scale = mercator(reports["latitude"].to_numpy())
    x = reports["longitude"].to_numpy() * METRES_PER_DEGREE
    cells = np.unique(np.column_stack([np.floor(x * scale.mean() / 250), np.floor(y * scale.mean() / 250)]), axis=0)
    days = (reports["told_at_utc"].max() - reports["told_at_utc"].min()).total_seconds() / 86_400  # type: ignore[operator, union-attr]
    return reports.height / (len(cells) * 0.0625 * max(days, 1.0))


def _pairs(*labels: Ints) -> int:
    """Pairs of reports that agree in all labels."""
    if not len(labels[0]):
        return 0
    _, sizes = np.unique(np.column_stack(labels), axis=0, return_counts=True)
    return int((sizes.astype(np.int64) * (sizes - 1) // 2).sum())


def _near(reports: pl.DataFrame, metres: float, hours: float) -> tuple[Ints, Floats, Floats]:
    """Pairs of rows that may be that near, with their distance in metres and hours."""
    y, scale = mercator(reports["latitude"].to_numpy())
    x = reports["longitude"].to_numpy() * METRES_PER_DEGREE
    at = reports["told_at_utc"].dt.epoch("s").to_numpy() / 3600.0
    points = np.column_stack([x * scale.mean() / metres, y * scale.mean() / metres, at / hours])
    pairs = cKDTree(points).query_pairs(1.0, p=np.inf, output_type="ndarray").T.astype(np.int64)
    one, other = pairs
    return pairs, np.hypot(x[one] - x[other], y[one] - y[other]) * scale.mean(), np.abs(at[one] - at[other])


def _connected(n: int, pairs: Ints, tied: Ints) -> Ints:
    return components(n, (np.concatenate([pairs[0], np.arange(n)]), np.concatenate([pairs[1], tied])))
