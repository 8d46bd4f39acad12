"""How much more likely it is that some reports tell of one incident than that each tells of something of its own.

All in logarithms. A set of reports is weighed as a whole, so that three that agree on a place make a fourth easier to
judge, and one that lies between two incidents joins none by a chain:

- place and time: tellings lie around their incident by a normal law and come after its first one by a heavy-tailed
  law; against that stands chance, how many reports there are around (`crowd`). What is near in an alley is not near in
  a market hall.
- kind: how well one kind of trouble explains all codes and words.
- landmark: how well one landmark explains all that the texts name.
- channel: how often a channel tells of what others tell of too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from streams.fusion.evidence import CAMERA, Evidence, said_given_kind
from streams.fusion.knowledge import Floats, Ints

SPREADS = ((0.15, 15.0, 2.0), (0.75, 29.0, 4.0), (0.10, 58.0, 8.0))
"""How far tellings stray: (share, metres in each direction, hours). One of them holds for all of an incident."""
TAIL = 1.45
"""Tellings later than u hours after the first: (1 + u / hours) ** -TAIL."""

LANDMARK_RIGHT, LANDMARK_SHARE = 0.995, 1 / 14
"""Of texts that name a landmark: name the incident's; name a given one by chance."""
LANDMARKS_DIFFER = -8.0
"""Least that texts weigh which name no landmark in common, per text: landmarks have more names than any list."""

FIRST, AGAIN = (0.44, -0.14, 0.73, -0.93), (0.52, -0.54, 0.23, 0.0)
"""Per channel of `CHANNELS`, for its first telling in an incident and for each further one: log of (how often incidents
that many tell of have one) / (its share of all reports). Callers repeat each other, inspectors hardly ever."""
BEGIN = -3.76
"""What it takes to believe in an incident of several reports at all."""


@dataclass(frozen=True)
class Sets:
    """Sets of reports, one after the other: set i has the rows `member[first[i] : first[i + 1]]`, ascending."""

    first: Ints
    member: Ints

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def size(self) -> Ints:
        return np.diff(self.first)

    @classmethod
    def of(cls, label: Ints, rows: Ints) -> tuple[Sets, Ints]:
        """The sets of rows with the same label, by label; and these labels."""
        order = rows[np.lexsort((rows, label[rows]))]
        names, first = np.unique(label[order], return_index=True)
        return cls(np.append(first, len(order)), order), names

    def joined(self, one: Ints, other: Ints) -> Sets:
        """Unions of pairs of disjoint sets."""
        size = self.size
        a, b = size[one], size[other]
        first = np.concatenate([[0], np.cumsum(a + b)])
        of = np.repeat(np.arange(len(one)), a + b)
        step = np.arange(first[-1]) - first[of]
        at = np.where(step < a[of], self.first[one][of] + step, self.first[other][of] + step - a[of])
        member = self.member[at]
        return Sets(first, member[np.lexsort((member, of))])


@dataclass(frozen=True)
class Weighed:
    """Parts of the log-likelihood ratio of each set; 0 for a set of one."""

    near: Floats
    kind: Floats
    landmark: Floats
    channel: Floats

    @property
    def total(self) -> Floats:
        """Rounded, so that the order of adding up can't tip a comparison."""
        return np.round(self.near + self.kind + self.landmark + self.channel, 6)


def weigh(evidence: Evidence, sets: Sets) -> Weighed:
    """All parts for all sets; none may be empty."""
    is_many = sets.size > 1
    return Weighed(
        near=np.where(is_many, _near(evidence, sets), 0.0),
        kind=np.where(is_many, _kind(evidence, sets), 0.0),
        landmark=np.where(is_many, _landmark(evidence, sets), 0.0),
        channel=np.where(is_many, _channel(evidence, sets), 0.0),
    )


def _near(evidence: Evidence, sets: Sets) -> Floats:
    member, size, start = sets.member, sets.size, sets.first[:-1]
    of = np.repeat(np.arange(len(sets)), size)
    scale = np.add.reduceat(evidence.scale[member], start) / size
    x, y = ((axis[member] - axis[member[start]][of]) * scale[of] for axis in (evidence.x, evidence.y))
    sums = [np.add.reduceat(values, start) for values in (x * x + y * y, x, y)]
    square = np.maximum(sums[0] - (sums[1] ** 2 + sums[2] ** 2) / size, 0.0)
    at = evidence.at[member]
    after = at - np.minimum.reduceat(at, start)[of]
    parts = []
    for share, metres, hours in SPREADS:
        place = -np.log(size) - square / (2 * metres**2)
        time = -(TAIL + 1) * np.add.reduceat(np.log1p(after / hours), start)
        parts.append(log(share) + place + time + (size - 1) * log(TAIL / hours / (2 * np.pi * metres**2)))
    is_asked = evidence.channel[member] != CAMERA
    crowd = np.add.reduceat(np.where(is_asked, evidence.crowd[member], 0.0), start)
    n_asked = np.add.reduceat(is_asked.astype(np.int64), start)
    # One of them is where something is told at any rate: the camera, which tells of its own place alone, or anyone.
    spare = np.where(n_asked < size, 0.0, crowd / np.maximum(n_asked, 1))
    found: Floats = np.logaddexp.reduce(parts) - (crowd - spare)
    return found


def _channel(evidence: Evidence, sets: Sets) -> Floats:
    channel, start = evidence.channel[sets.member], sets.first[:-1]
    found = BEGIN + np.add.reduceat(evidence.pull[sets.member], start)
    for i, (first, again) in enumerate(zip(FIRST, AGAIN, strict=True)):
        times = np.add.reduceat((channel == i).astype(np.int64), start)
        found += np.where(times > 0, first + (times - 1) * again, 0.0)
    return found


def _kind(evidence: Evidence, sets: Sets) -> Floats:
    """Of the kind that explains best: each kind that a member names is tried on all members."""
    known, size, start = evidence.known, sets.size, sets.first[:-1]
    squares = size * size
    of = np.repeat(np.arange(len(sets)), squares)
    step = np.arange(len(of)) - np.repeat(np.cumsum(squares) - squares, squares)
    names = sets.member[start[of] + step // size[of]]
    says = sets.member[start[of] + step % size[of]]
    tried = np.repeat(np.arange(len(sets.member)), np.repeat(size, size))
    first = np.flatnonzero(np.diff(tried, prepend=-1))
    best = np.full(len(sets), -np.inf)
    words, code = evidence.words[says], evidence.code[says]
    for slot in evidence.slots.T:
        kind = slot[names]
        told = said_given_kind(known, code, words, kind)
        found = np.add.reduceat(told, first) + known.prior[kind[first]]
        best = np.maximum(best, np.maximum.reduceat(np.where(kind[first] >= 0, found, -np.inf), start))
    # Reports that name no kind at all weigh nothing.
    return np.where(np.isfinite(best), best - np.add.reduceat(evidence.kind_alone[sets.member], start), 0.0)


def _landmark(evidence: Evidence, sets: Sets) -> Floats:
    places, start = evidence.places[sets.member], sets.first[:-1]
    naming = np.add.reduceat((places > 0).astype(np.int64), start)
    most = np.zeros(len(sets), dtype=np.int64)
    for bit in range(len(evidence.known.landmarks)):
        most = np.maximum(most, np.add.reduceat((places >> np.uint64(bit) & np.uint64(1)).astype(np.int64), start))
    yes, no = log(LANDMARK_RIGHT / LANDMARK_SHARE), log((1 - LANDMARK_RIGHT) / (1 - LANDMARK_SHARE))
    found = most * yes + (naming - most) * no - yes
    return np.where(naming > 1, np.maximum(found, LANDMARKS_DIFFER * (naming - 1)), 0.0)
