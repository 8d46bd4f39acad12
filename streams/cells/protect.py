"""Which figures are withheld besides the small ones, so that no sum gives a protected count away.

Sum by sum: where a shown total leaves too little to the parts that are withheld, the cheapest further figure is
withheld too, and the sums that it stands in are looked at again. What an attack over the whole system still finds is
mended by what its linear program names as the cheapest lever, until it finds nothing.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from streams.cells.attack import Found, attack
from streams.cells.system import Flags, System


@dataclass(frozen=True)
class Protected:
    """`withheld`: (F,) figures that are not shown, the small ones included. `first`: the attack on what the sums taken
    one by one ask for. `lost`: (C,) protected counts that nothing can save, for they were given away before.
    """

    withheld: Flags
    first: Found
    lost: Flags


def protect(system: System, small: Flags) -> Protected:
    """Withhold the figures in `small` (F,) and as few others as it takes; what was shown before stays shown.

    What is withheld besides only widens the ranges of the others, so that each later attack is on those alone that the
    one before it found.
    """
    work = _Work(system, small)
    work.settle(range(len(system.total)))
    found = first = attack(system, work.withheld, with_levers=True)
    while found.leaked.any():
        mended = [work.mend(int(one), found.levers.get(int(one), {})) for one in np.flatnonzero(found.leaked)]
        if not any(mended):
            break
        work.settle(())
        found = attack(system, work.withheld, found.leaked, with_levers=True)
    return Protected(work.withheld, first, found.leaked)


class _Work:
    def __init__(self, system: System, small: Flags) -> None:
        self.system = system
        self.withheld = small.copy()
        self.value = system.value.tolist()
        self.k = np.where(system.value < system.k, system.k, 0).tolist()
        self.is_protected = system.is_protected.tolist()
        self.cost = system.cost.tolist()
        self.total = system.total.tolist()
        self.parts = _rows(system.parts)
        self.sums_of: list[list[int]] = [[] for _ in self.value]
        for place, (total, parts) in enumerate(zip(self.total, self.parts, strict=True)):
            for one in (total, *parts):
                self.sums_of[one].append(place)
        self.shows = _rows(system.shows)
        self.drags = _rows(system.drags)
        self.figures_of = _rows(system.shows.T.tocsr())
        # In how many shown figures each count stands; what is given stands in one that can't be withheld.
        self.seen = ((~small).astype(np.int64) @ system.shows + system.is_given).astype(np.int64).tolist()
        self.is_given = system.is_given.tolist()
        self._derive()
        self.queue: deque[int] = deque()
        self.queued: set[int] = set()
        for figure in np.flatnonzero(small).tolist():
            for one in self.drags[figure]:
                self._withhold_figure(one)
        for count in np.flatnonzero(system.is_protected).tolist():
            if self.seen[count]:
                self.withhold(count)

    def _derive(self) -> None:
        """What no figure shows, but two shown counts tell: it is known as long as both are."""
        self.sources: dict[int, tuple[int, int]] = {}
        self.derived: dict[int, list[int]] = defaultdict(list)
        for total, parts in zip(self.total, self.parts, strict=True):
            if len(parts) != 2:
                continue
            bare = [one for one in (total, *parts) if not self.figures_of[one]]
            if len(bare) == 1 and bare[0] not in self.sources:
                first, second = (one for one in (total, *parts) if one != bare[0])
                self.sources[bare[0]] = first, second
                self.derived[first].append(bare[0])
                self.derived[second].append(bare[0])
        for one, (first, second) in self.sources.items():
            self.seen[one] = int(self.seen[first] > 0 and self.seen[second] > 0)

    def settle(self, sums: range | tuple[int, ...]) -> None:
        """Look at these sums, and at all that are touched, until none gives a protected count away by itself."""
        for place in sums:
            self._look_at(place)
        while self.queue:
            place = self.queue.popleft()
            self.queued.discard(place)
            self._close(place)

    def mend(self, count: int, levers: dict[int, float]) -> bool:
        """Withhold what loosens a count that was found at the least cost; False where there is nothing left."""
        if self.seen[count]:
            return self.withhold(count)
        choice = [one for one in levers if self._can_go(one)]
        return bool(choice) and self.withhold(min(choice, key=lambda one: self._cost_of(one) / levers[one]))

    def withhold(self, count: int) -> bool:
        """Withhold every figure that shows the count; False where it stays known."""
        if count in self.sources:
            first, second = sorted(self.sources[count], key=self._cost_of)
            return self.withhold(first if self._can_go(first) else second)
        for figure in self.figures_of[count]:
            self._withhold_figure(figure)
        return not self.seen[count]

    def _withhold_figure(self, figure: int) -> None:
        if self.withheld[figure]:
            return
        self.withheld[figure] = True
        for one in self.shows[figure]:
            self.seen[one] -= 1
            if not self.seen[one]:
                self._lost(one)
        for one in self.drags[figure]:
            self._withhold_figure(one)

    def _lost(self, count: int) -> None:
        """A count is known no more: what it was a part of, and what was derived of it, is looked at."""
        for place in self.sums_of[count]:
            self._look_at(place)
        for one in self.derived[count]:
            if self.seen[one]:
                self.seen[one] = 0
                self._lost(one)

    def _look_at(self, place: int) -> None:
        if place not in self.queued:
            self.queued.add(place)
            self.queue.append(place)

    def _close(self, place: int) -> None:
        total, parts = self.total[place], self.parts[place]
        hidden = [one for one in parts if not self.seen[one]]
        if not self.seen[total]:
            if not hidden and self.is_protected[total]:
                self._take(parts, 0.0, 1, total)
            return
        if not hidden or not any(self.is_protected[one] for one in hidden):
            return
        rest = sum(self.value[one] for one in hidden)
        need = max(self.k[one] for one in hidden)
        if len(hidden) >= 2 and rest >= need:
            return
        self._take(parts, need - rest, 2 - len(hidden), total)

    def _take(self, parts: list[int], quantity: float, number: int, total: int) -> None:
        """Withhold the cheapest parts, `number` at least, that hold `quantity`; or the total, if it costs less."""
        choice = sorted((one for one in parts if self._can_go(one)), key=self._cost_of)
        taken: list[int] = []
        enough = next((one for one in choice if self.value[one] >= quantity), None)
        if enough is not None and number <= 1:
            taken = [enough]
        else:
            while choice and (quantity > 0 or number > 0):
                taken.append(choice.pop(0))
                quantity -= self.value[taken[-1]]
                number -= 1
            if quantity > 0 or number > 0:
                taken = []
        price = sum(map(self._cost_of, taken)) if taken else float("inf")
        if self._can_go(total) and self._cost_of(total) < price:
            taken = [total]
        for one in taken:
            self.withhold(one)

    def _can_go(self, count: int) -> bool:
        if count in self.sources:
            return self.seen[count] > 0 and self.value[count] > 0 and any(map(self._can_go, self.sources[count]))
        return self.seen[count] > 0 and not self.is_given[count] and self.value[count] > 0

    def _cost_of(self, count: int) -> float:
        if count in self.sources:
            return min(self._cost_of(one) for one in self.sources[count])
        return sum(self.cost[figure] for figure in self.figures_of[count] if not self.withheld[figure])


def _rows(matrix: csr_array) -> list[list[int]]:
    places = matrix.indices.tolist()
    return [places[start:end] for start, end in pairwise(matrix.indptr.tolist())]
