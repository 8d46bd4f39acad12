"""From evidence to incidents: candidates by blocking in place and time, then sets that join while that explains more.

In each round every set looks for the partner with which it gains most; pairs that choose each other join. Ties are
broken by the reports' keys, so neither the order of arrival nor what else is in the batch changes the outcome:
reports that no chain of candidates connects never influence each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from streams.fusion.evidence import CAMERA, Evidence
from streams.fusion.knowledge import Floats, Ints, Mask
from streams.fusion.likelihood import Sets, weigh

REACH_METRES, REACH_HOURS = 250.0, 96.0
"""Two reports farther apart are no candidates."""
WIDEST_METRES, LONGEST_HOURS = 300.0, 240.0
"""No incident that fusion makes is wider (diagonal of its box) or longer: against chains."""
FLOOR = -4.0
"""Candidates that lose more than this by joining are no candidates."""
SURE, SURE_SEEN, SURE_TOLD, SURE_MERGED = 0.6, 1.0, 2.5, 4.0
"""What must be gained to join two reports; a camera's to several; another one to several; several to several. Each lies
where four of five pairs that it lets in are right, on seeds 1 to 3: near an incident of several there is more that is
another than chance says, while a camera, which says no word, never gains much."""

CHUNK = 250_000
"""Pairs weighed at a time."""
SLAB = 100_000
"""Reports searched for candidates at a time."""

Pairs = tuple[Ints, Ints]


@dataclass(frozen=True)
class Partition:
    """`incident`: per report the lowest row of its incident. `group`: the lowest row of all that it was weighed with,
    directly or through others; what happens in one group never changes another."""

    incident: Ints
    group: Ints


def candidates(evidence: Evidence) -> Pairs:
    """Pairs of rows (lower, higher) within reach of each other, in the order of rows."""
    order = np.argsort(evidence.at, kind="stable")
    found = []
    low = 0
    for high in range(SLAB, len(order) + SLAB, SLAB):
        rows = order[low : min(high, len(order))]
        one, other = _within(evidence, rows)
        # A pair is found in the slab that its later report belongs to; the overlap alone was searched before.
        is_new = np.maximum(evidence.at[one], evidence.at[other]) >= evidence.at[order[max(high - SLAB, 0)]]
        found.append(np.stack([np.minimum(one, other), np.maximum(one, other)])[:, is_new])
        low = int(np.searchsorted(evidence.at[order], evidence.at[order[min(high, len(order) - 1)]] - REACH_HOURS))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return pairs[0], pairs[1]


def _within(evidence: Evidence, rows: Ints) -> Pairs:
    reach = REACH_METRES / evidence.scale[rows].min()
    points = np.column_stack([evidence.x[rows] / reach, evidence.y[rows] / reach, evidence.at[rows] / REACH_HOURS])
    pairs = cKDTree(points).query_pairs(1.0, p=np.inf, output_type="ndarray")
    one, other = rows[pairs[:, 0]], rows[pairs[:, 1]]
    scale = (evidence.scale[one] + evidence.scale[other]) / 2
    is_near = np.hypot(evidence.x[one] - evidence.x[other], evidence.y[one] - evidence.y[other]) * scale <= REACH_METRES
    return one[is_near], other[is_near]


def partition(evidence: Evidence, pairs: Pairs, tied: Ints, apart: Ints) -> Partition:
    """Join what belongs together. `pairs`: its candidates.

    `tied`: per report the lowest row of those that sources declare to be one with it (itself where nobody does).
    `apart`: columns of numbers; sets that have different ones in a column never join; -1 joins anything.
    """
    one, other = pairs
    singles = Sets(np.arange(len(evidence) + 1), np.arange(len(evidence)))
    gain = _gains(evidence, singles, one, other)
    is_live = (gain > FLOOR) & _may_join(evidence, singles, apart, one, other)
    one, other, gain = one[is_live], other[is_live], gain[is_live]
    group = components(len(evidence), (np.concatenate([one, tied]), np.concatenate([other, np.arange(len(tied))])))
    incident = tied.copy()
    fresh = np.zeros(len(evidence), dtype=bool)
    fresh[tied[tied != np.arange(len(tied))]] = True
    while True:
        one, other, gain = _settled(evidence, incident, apart, (incident[one], incident[other]), gain, fresh)
        is_gain = np.flatnonzero(gain > _needed(evidence, incident, one, other))
        is_mutual = _mutual(len(evidence), one[is_gain], other[is_gain], gain[is_gain])
        if not is_mutual.any():
            return Partition(incident, group)
        keeps, goes = one[is_gain[is_mutual]], other[is_gain[is_mutual]]
        becomes = np.arange(len(evidence))
        becomes[goes] = keeps
        incident = becomes[incident]
        fresh[:] = False
        fresh[keeps] = True


def _needed(evidence: Evidence, incident: Ints, one: Ints, other: Ints) -> Floats:
    """What pairs of sets must gain to be joined; a set is named by its lowest row."""
    size = np.bincount(incident, minlength=len(evidence))
    is_one, is_other = size[one] == 1, size[other] == 1
    is_seen = (is_one & (evidence.channel[one] == CAMERA)) | (is_other & (evidence.channel[other] == CAMERA))
    return np.select([is_one & is_other, is_seen, is_one | is_other], [SURE, SURE_SEEN, SURE_TOLD], SURE_MERGED)


def _mutual(n: int, one: Ints, other: Ints, gain: Floats) -> Mask:
    """Which pairs are the best of both their sides; of equal ones the lower rows come first."""
    order = np.lexsort((other, one, -gain))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    choice = np.full(n, len(order))
    np.minimum.at(choice, one, place)
    np.minimum.at(choice, other, place)
    return (choice[one] == place) & (choice[other] == place)


def _settled(
    evidence: Evidence, incident: Ints, apart: Ints, pairs: Pairs, gain: Floats, fresh: Ints
) -> tuple[Ints, Ints, Floats]:
    """Pairs of sets once each (lower, higher), with their gains; those of `fresh` sets are weighed anew."""
    one, other = np.minimum(*pairs), np.maximum(*pairs)
    key = one * np.int64(len(evidence)) + other
    _, first = np.unique(key, return_index=True)
    first = first[one[first] != other[first]]
    one, other, gain = one[first], other[first], gain[first].copy()
    again = np.flatnonzero(fresh[one] | fresh[other])
    if not len(again):
        return one, other, gain
    is_wanted = np.zeros(len(evidence), dtype=bool)
    is_wanted[one[again]] = is_wanted[other[again]] = True
    sets, names = Sets.of(incident, np.flatnonzero(is_wanted[incident]))
    a, b = np.searchsorted(names, one[again]), np.searchsorted(names, other[again])
    gain[again] = np.where(_may_join(evidence, sets, apart, a, b), _gains(evidence, sets, a, b), -np.inf)
    is_live = gain > FLOOR
    return one[is_live], other[is_live], gain[is_live]


def _gains(evidence: Evidence, sets: Sets, one: Ints, other: Ints) -> Floats:
    """By how much joining explains more than leaving apart, per pair of sets."""
    alone = weigh(evidence, sets).total
    joined = [
        weigh(evidence, sets.joined(one[at : at + CHUNK], other[at : at + CHUNK])).total
        for at in range(0, len(one), CHUNK)
    ]
    return np.concatenate([*joined, np.empty(0)]) - alone[one] - alone[other]


def _may_join(evidence: Evidence, sets: Sets, apart: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """False where a guard forbids: the whole too wide or too long, or a source tells the two apart."""
    start = sets.first[:-1]
    box = []
    for column in (evidence.x, evidence.y, evidence.at):
        low, high = np.minimum.reduceat(column[sets.member], start), np.maximum.reduceat(column[sets.member], start)
        box.append(np.maximum(high[one], high[other]) - np.minimum(low[one], low[other]))
    metres = np.hypot(box[0], box[1]) * evidence.scale[sets.member[start[one]]]
    allowed = (metres <= WIDEST_METRES) & (box[2] <= LONGEST_HOURS)
    for numbers in apart.T:
        number = numbers[sets.member]
        high = np.maximum.reduceat(number, start)
        low = np.minimum.reduceat(np.where(number < 0, np.iinfo(np.int64).max, number), start)
        both = (high[one] >= 0) & (high[other] >= 0)
        allowed &= ~both | (np.maximum(high[one], high[other]) == np.minimum(low[one], low[other]))
    return allowed


def components(n: int, pairs: Pairs) -> Ints:
    """Per row the lowest row of those that pairs connect."""
    one, other = pairs
    _, label = connected_components(
        coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(n, n)), directed=False
    )
    lowest = np.full(n, n)
    np.minimum.at(lowest, label, np.arange(n))
    return lowest[label]
