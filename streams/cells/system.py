"""One system over all tables at once: counts, the sums that hold among them, and the figures that show them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class System:
    """Counts (C of them), the sums among them (S) and the figures that show them (F).

    `value`: (C,) the true counts, none negative.
    `k`: (C,) under which a count is protected; 0 where it may be known.
    `is_guarded`: (C,) a count that must not be known exactly, however large: a part of a small cell.
    `is_given`: (C,) known whatever is withheld, for it was shown before.
    `total`, `parts`: sum s says that count `total[s]` is the sum of the counts with a one in row s of `parts` (S, C).
    `shows`: (F, C) a one where the figure shows the count. A figure is shown with all its counts or not at all.
    `drags`: (F, F) a one where the figure of the row takes that of the column with it when it is withheld.
    `cost`: (F,) what readers lose with the figure.
    """

    value: Numbers
    k: Places
    is_guarded: Flags
    is_given: Flags
    total: Places
    parts: csr_array
    shows: csr_array
    drags: csr_array
    cost: Numbers

    def known(self, withheld: Flags) -> Flags:
        """(C,) counts that readers see where the figures in `withheld` (F,) are not shown."""
        return self.is_given | ((~withheld).astype(np.int64) @ self.shows > 0)

    @property
    def is_protected(self) -> Flags:
        """(C,) counts that must stay unknown; a zero is nobody's."""
        return ((self.value > 0) & (self.value < self.k)) | (self.is_guarded & (self.value > 0))

    def target(self) -> Numbers:
        """(C,) what a protected count must seem able to reach: k; one more than it is where it is only guarded."""
        return np.where(self.value < self.k, self.k, self.value + 1).astype(np.float64)


@dataclass
class Draft:
    """A system in the making; `build` turns the lists into arrays."""

    value: list[float] = field(default_factory=list)
    k: list[int] = field(default_factory=list)
    guarded: set[int] = field(default_factory=set)
    given: set[int] = field(default_factory=set)
    sums: list[tuple[int, list[int]]] = field(default_factory=list)
    figures: list[tuple[int, ...]] = field(default_factory=list)
    drags: dict[int, list[int]] = field(default_factory=dict)
    cost: list[float] = field(default_factory=list)

    def count(self, value: float, k: int = 0) -> int:
        """A new count; its place."""
        self.value.append(value)
        self.k.append(k)
        return len(self.value) - 1

    def figure(self, counts: tuple[int, ...], cost: float = 1.0) -> int:
        """A new figure that shows these counts; its place."""
        self.figures.append(counts)
        self.cost.append(cost)
        return len(self.figures) - 1

    def build(self) -> System:
        """The system as arrays. Raises ValueError for a sum that does not hold."""
        size = len(self.value)
        value = np.array(self.value, dtype=np.float64)
        parts = _incidence([parts for _, parts in self.sums], size)
        total = np.array([total for total, _ in self.sums], dtype=np.int64)
        off = np.flatnonzero(np.abs(parts @ value - value[total]) > 1e-6)
        if len(off):
            raise ValueError(f"{len(off)} sums do not hold, the first is {self.sums[off[0]]}")
        flags = np.zeros((2, size), dtype=bool)
        flags[0, list(self.guarded)] = flags[1, list(self.given)] = True
        shows = _incidence([list(set(counts)) for counts in self.figures], size)
        k = np.array(self.k, dtype=np.int64)
        drags = _incidence([self.drags.get(place, []) for place in range(len(self.figures))], len(self.figures))
        cost = np.array(self.cost, dtype=np.float64)
        return System(value, k, flags[0], flags[1], total, parts, shows, drags, cost)


def _incidence(rows: list[list[int]], columns: int) -> csr_array:
    bounds = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=bounds[1:])
    places = np.fromiter((place for row in rows for place in row), dtype=np.int64, count=bounds[-1])
    return csr_array((np.ones(len(places)), places, bounds), shape=(len(rows), columns))
