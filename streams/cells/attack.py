"""What an attacker finds out: the range of each count that the shown figures and the sums leave open.

Ranges are tightened sum by sum until nothing moves; what is pinned then is found out for certain. What is left falls
into connected parts. In each, one linear program looks for a possible world in which as many protected counts as it can
lie high enough at once, and is asked again about the others; a program of its own is spent only on counts that none of
these worlds clears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack
from scipy.sparse.csgraph import connected_components

from streams.cells.system import Flags, Numbers, Places, System

NEAR = 1e-6
"""What a solver's answer may be off."""

AT_ONCE = 1
"""Counts of one part that are loosened before the others are asked about again: what binds one binds most of them."""

BATCH = 1_500
"""Unknown counts of one program that looks for a world: a call costs as much as solving some hundreds of them."""

SOLVER: dict[str, Any] = {"method": "highs-ds", "options": {"presolve": False}}
"""The parts are small and already tight: HiGHS spends more on presolving them than it saves."""


@dataclass(frozen=True)
class Found:
    """What the attack found. `leaked`: (C,) protected counts that are known exactly, or to be under k.

    `protected`: withheld counts that were attacked; `parts`: connected parts that hold any; `programs`: linear programs
    solved; `saved`: programs that one attacker's question per count would have taken besides. `levers`: count that a
    program found -> known counts and by how much it would loosen if each were withheld.
    """

    leaked: Flags
    protected: int
    parts: int
    programs: int
    saved: int
    levers: dict[int, dict[int, float]]


def attack(system: System, withheld: Flags, targets: Flags | None = None, *, with_levers: bool = False) -> Found:
    """The attack on what is shown where the figures in `withheld` (F,) are not; on all protected counts, or on
    `targets` (C,) alone. With levers: a program is asked about what sums alone give away too, for what would loosen it.
    """
    known = system.known(withheld)
    protected = system.is_protected if targets is None else system.is_protected & targets
    leaked = protected & (known if with_levers else known | _is_pinned(system, *ranges(system, known)))
    open_ = protected & ~leaked
    programs = parts = 0
    levers: dict[int, dict[int, float]] = {}
    if open_.any():
        target = system.target()
        for batch in _batches(_parts(system, known, open_)):
            parts += len(batch)
            sums, counts = (np.concatenate(places) for places in zip(*batch, strict=True))
            together = _Part(system, known, sums, counts, target)
            uncleared, solved = together.uncleared(np.flatnonzero(open_[together.counts]))
            programs += solved
            for sums, counts in batch:
                left = np.flatnonzero(np.isin(counts, uncleared))
                if not len(left):
                    continue
                part = _Part(system, known, sums, counts, target)
                caught, solved = part.asked(left, system, AT_ONCE if with_levers else None)
                leaked[[*caught]] = True
                levers |= caught
                programs += solved
    asked = int(open_.sum())
    return Found(leaked, int((protected & ~known).sum()), parts, programs, asked - programs, levers)


def ranges(system: System, known: Flags) -> tuple[Numbers, Numbers]:
    """(C,) lowest and highest value of each count that sums alone leave possible, tightened until nothing moves."""
    low = np.where(known, system.value, 0.0)
    high = np.where(known, system.value, np.inf)
    parts, total = system.parts, system.total
    rows = np.repeat(np.arange(len(total)), np.diff(parts.indptr))
    places = parts.indices
    for _ in range(50):
        before = (low.copy(), high.copy())
        np.maximum.at(low, total, parts @ low)
        finite, endless = np.where(np.isinf(high), 0.0, high), np.isinf(high).astype(np.float64)
        sum_high, sum_endless = parts @ finite, parts @ endless
        np.minimum.at(high, total, np.where(sum_endless > 0, np.inf, sum_high))
        # A part is at most what the total leaves it over the least of the others, at least what their most leaves.
        np.minimum.at(high, places, (high[total] - parts @ low)[rows] + low[places])
        others_endless = sum_endless[rows] - endless[places] > 0
        least = low[total][rows] - (sum_high[rows] - finite[places])
        np.maximum.at(low, places, np.where(others_endless, 0.0, least))
        if np.array_equal(low, before[0]) and np.array_equal(high, before[1]):
            break
    return low, high


def _is_pinned(system: System, low: Numbers, high: Numbers) -> Flags:
    is_small = (system.value > 0) & (system.value < system.k)
    return np.where(is_small, high < system.k - NEAR, high - low < 1 - NEAR)


def _parts(system: System, known: Flags, wanted: Flags) -> list[tuple[Places, Places]]:
    """(sums, unknown counts) of each connected part that holds a wanted count."""
    rows = np.repeat(np.arange(len(system.total)), np.diff(system.parts.indptr))
    edges_row = np.concatenate([rows, np.arange(len(system.total))])
    edges_count = np.concatenate([system.parts.indices, system.total])
    unknown = ~known[edges_count]
    sums, counts = len(system.total), len(system.value)
    joined = coo_array(
        (np.ones(unknown.sum()), (edges_row[unknown], sums + edges_count[unknown])), shape=(sums + counts,) * 2
    )
    _, label = connected_components(joined, directed=False)
    chosen = np.unique(label[sums:][wanted])
    keep = np.isin(label, chosen)
    found: dict[int, tuple[list[int], list[int]]] = {int(one): ([], []) for one in chosen}
    for place in np.flatnonzero(keep[:sums]):
        found[int(label[place])][0].append(int(place))
    for place in np.flatnonzero(keep[sums:] & ~known):
        found[int(label[sums + place])][1].append(int(place))
    return [(np.array(rows, dtype=np.int64), np.array(places, dtype=np.int64)) for rows, places in found.values()]


def _batches(parts: list[tuple[Places, Places]]) -> Iterator[list[tuple[Places, Places]]]:
    """The parts in order, as many at a time as make a program of some size: most are tiny, and each call costs."""
    batch: list[tuple[Places, Places]] = []
    size = 0
    for part in parts:
        if batch and size + len(part[1]) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += len(part[1])
    if batch:
        yield batch


class _Part:
    """The linear programs of connected parts, over their unknown counts."""

    def __init__(self, system: System, known: Flags, sums: Places, counts: Places, target: Numbers) -> None:
        parts = system.parts[sums]
        total = system.total[sums]
        here = np.arange(len(sums))
        signed = csr_array(parts - csr_array((np.ones(len(sums)), (here, total)), shape=parts.shape))
        self.signed, self.known = signed, known
        self.matrix = csr_array(signed[:, counts])
        self.right = -(signed @ np.where(known, system.value, 0.0))
        self.counts = counts
        self.reach = target[counts]

    def uncleared(self, targets: Places) -> tuple[Places, int]:
        """(counts of the targets that no world clears, programs solved); the targets are places in the part."""
        left, programs = targets, 0
        while len(left) and len(self.right):
            world = self._world(left, self.reach[left])
            programs += 1
            cleared = world[left] >= self.reach[left] - NEAR
            left = left[~cleared]
            if not cleared.any():
                break
        return self.counts[left if len(self.right) else left[:0]], programs

    def asked(self, left: Places, system: System, at_most: int | None) -> tuple[dict[int, dict[int, float]], int]:
        """(count that is found out -> its levers, programs solved), of places that no world clears.

        At most `at_most` are asked about; the others count as found out for now.
        """
        reach, programs = self.reach, 0
        caught: dict[int, dict[int, float]] = {int(self.counts[one]): {} for one in left[len(left[:at_most]) :]}
        for one in left[:at_most]:
            most, prices = self._most(one)
            programs += 1
            is_small = system.value[self.counts[one]] < system.k[self.counts[one]]
            if most >= reach[one] - NEAR or (not is_small and most - self._least(one) >= 1 - NEAR):
                continue
            caught[int(self.counts[one])] = self._levers(prices, system, reach[one] - most)
        return caught, programs

    def _levers(self, prices: Numbers, system: System, need: float) -> dict[int, float]:
        """Known counts of the part's sums -> by how much the bound would rise, `need` at most, were they withheld: what
        must go up for it may go up without end, what must go down ends at zero.
        """
        gain = prices @ self.signed
        gain = np.where(gain > NEAR, need, np.minimum(-gain * system.value, need))
        return {int(one): float(gain[one]) for one in np.flatnonzero(self.known & (gain > NEAR))}

    def _world(self, wanted: Places, reach: Numbers) -> Numbers:
        """A possible world in which the wanted counts together lie as high as they can, each up to its reach."""
        size = self.matrix.shape[1]
        both = csr_array(hstack([self.matrix, self.matrix[:, wanted]]))
        gain = np.concatenate([np.zeros(size), -np.ones(len(wanted))])
        above = np.concatenate([np.full(size, np.inf), reach])
        answer = self._solved(gain, both, above)
        world = answer[:size]
        world[wanted] += answer[size:]
        return world

    def _most(self, one: int) -> tuple[float, Numbers]:
        """(highest value of the count, what one more on the right side of each sum would add to it)"""
        gain = np.zeros(self.matrix.shape[1])
        gain[one] = -1
        done = linprog(gain, A_eq=self.matrix, b_eq=self.right, **SOLVER)
        if done.status == 3:
            return float("inf"), np.zeros(len(self.right))
        return -float(done.fun), np.asarray(done.eqlin.marginals)

    def _least(self, one: int) -> float:
        gain = np.zeros(self.matrix.shape[1])
        gain[one] = 1
        return float(linprog(gain, A_eq=self.matrix, b_eq=self.right, **SOLVER).fun)

    def _solved(self, gain: Numbers, matrix: csr_array, above: Numbers) -> Numbers:
        bounds = np.column_stack([np.zeros(len(gain)), above])
        done = linprog(gain, A_eq=matrix, b_eq=self.right, bounds=bounds, **SOLVER)
        if done.status != 0:
            raise ArithmeticError(f"the true world itself was not found possible: {done.message}")
        return np.asarray(done.x)
