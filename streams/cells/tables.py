"""From candidate figures to one system: which counts they show, and which sums hold among them.

A figure shows the counts of its atoms, so that two indicators with one atom show one count. Sums are those of the area
tree, of the units, of streets by units, of periods inside periods, of raw counts with what the adjusted ones leave out,
and of shares with their complement. What has no place or unit is in the coarser figures alone: a sum then has a rest
that nobody is shown, unless the atom leaves none in nearly all of them, which readers see and take for granted.
Two atoms that say the same wherever both stand are one; an atom that is everywhere the sum of another below it is tied
to it. Both are found in the figures, as a reader would find them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from streams.cells.system import Draft, Flags, System

NEARLY_ALL = 0.95
"""Share of the sums of an atom from which on readers take for granted that it leaves no rest."""

LEAST_EVIDENCE = 20
"""Cells with a count from which on two atoms that always agree are no accident."""

FINER = {
    "to_date": ("half_year", "quarter", "month", "day"),
    "year": ("half_year", "quarter", "month", "day"),
    "half_year": ("quarter", "month", "day"),
    "quarter": ("month", "day"),
    "month": ("day",),
    "appraisal_month": ("day",),
    "week": ("day",),
}
"""Kind of period -> the kinds that it may be a sum of, coarsest first."""

LOSS = {"city": 4000.0, "county": 1000.0, "street": 100.0, "community": 2.0, "grid": 1.0}
"""What leaders lose with a figure of a level, beside that of a grid."""

BY_UNIT = 0.25
"""What a figure of one unit costs, beside that of the whole area."""

ADJUSTED = 0.1
"""What a figure of the adjusted variant costs, beside the raw one that the boards show."""


LEFT_OUT = "left_out"
"""What the adjusted variant leaves out of the raw one; no figure shows it."""

VARIANTS = ("raw", "adjusted", LEFT_OUT)


@dataclass(frozen=True)
class Atom:
    """`counts`: it counts things (no minutes, no quantile, no query). `over_time`, `over_places`: it adds up there."""

    counts: bool
    over_time: bool
    over_places: bool


class Cell(NamedTuple):
    """Where and when; a county-level city is level `city`. Empty `unit_code`: all units."""

    city_code: str
    period_type: str
    period_start: date
    period_end: date
    area_level: str
    area_code: str
    unit_code: str
    breakdown_type: str
    breakdown_code: str


class Figure(NamedTuple):
    """A candidate cell of an indicator with its numbers; atoms as the catalogue names them, None where it has none.

    `both_sides`: hits and misses are protected like the cases themselves. `was_shown`: published already, with these
    numbers.
    """

    cell: Cell
    indicator: str
    variant: str
    numerator_atom: str | None
    denominator_atom: str | None
    n_atom: str
    numerator: float | None
    denominator: float | None
    n: int
    k: int
    both_sides: bool
    was_shown: bool = False


@dataclass(frozen=True)
class Tables:
    """The system of all figures, in their order. `small`: (F,) those that are small themselves."""

    system: System
    small: Flags


def is_small(figure: Figure) -> bool:
    """The primary rule: fewer than k contributing cases, or of both sides fewer than k hits or misses; not zero."""
    if 0 < figure.n < figure.k:
        return True
    if not figure.both_sides or figure.numerator is None or figure.denominator is None:
        return False
    return any(0 < side < figure.k for side in (figure.numerator, figure.denominator - figure.numerator))


def tables(
    figures: list[Figure],
    atoms: Mapping[str, Atom],
    parents: Mapping[tuple[str, str], str],
    never_without: Iterable[tuple[str, str, str]] = (),
) -> Tables:
    """The system of the figures. `parents`: (city, area code) -> code of the area above; a city's own code ends it.

    `never_without`: (indicator, the one that it is never shown without, level where that is so; empty: everywhere).
    """
    book = _Book(atoms, parents)
    for figure in figures:
        book.read(figure)
    book.find_twins()
    small = np.array([book.write(figure) for figure in figures], dtype=bool)
    book.sum_up()
    book.draft.drags = _drags(figures, [*never_without])
    return Tables(book.draft.build(), small)


Places = dict[int, int]
"""Number of a cell -> place of a count in the system."""


class _Book:
    """Collects counts and sums. Cells are numbered once: a number is compared faster than nine columns."""

    def __init__(self, atoms: Mapping[str, Atom], parents: Mapping[tuple[str, str], str]) -> None:
        self.atoms, self.parents = atoms, parents
        self.draft = Draft()
        self.cells: list[Cell] = []
        self.number: dict[Cell, int] = {}
        self.told: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
        self.same_as: dict[str, str] = {}
        self.counts: dict[tuple[str, str], Places] = defaultdict(dict)
        self.complements: dict[tuple[int, int], int] = {}

    def read(self, figure: Figure) -> None:
        cell = self.number.setdefault(figure.cell, len(self.cells))
        if cell == len(self.cells):
            self.cells.append(figure.cell)
        for atom, number in _numbers(figure):
            if self.atoms[atom].counts:
                self.told[atom][figure.variant, cell] = number

    def find_twins(self) -> None:
        """Atoms that agree in each cell where both stand become the first of them."""
        first: list[str] = []
        for atom in sorted(self.told):
            twin = next((one for one in first if _agree(self.told[atom], self.told[one])), None)
            if twin is None:
                first.append(atom)
            else:
                self.same_as[atom] = twin

    def write(self, figure: Figure) -> bool:
        """Enter the figure's counts and what of them is protected; whether the figure is small itself."""
        small = is_small(figure)
        places = {}
        for atom, number in _numbers(figure):
            if not self.atoms[atom].counts:
                continue
            place = self._count(atom, figure, number)
            places[atom] = place
            if atom in (figure.n_atom, figure.denominator_atom):
                self._protect(place, figure.k)
            if small:
                self.draft.guarded.add(place)
            if figure.was_shown:
                self.draft.given.add(place)
        if figure.both_sides and figure.numerator_atom in places and figure.denominator_atom in places:
            self._protect(places[figure.numerator_atom], figure.k)
            self._complement(places[figure.numerator_atom], places[figure.denominator_atom], figure.k)
        level = LOSS[figure.cell.area_level] * (BY_UNIT if figure.cell.unit_code else 1)
        cost = level * (ADJUSTED if figure.variant == "adjusted" else 1) * float(np.log2(2 + figure.n))
        self.draft.figure(tuple(places.values()), cost)
        return small

    def _count(self, atom: str, figure: Figure, number: float) -> int:
        counts = self.counts[self.same_as.get(atom, atom), figure.variant]
        cell = self.number[figure.cell]
        if cell not in counts:
            counts[cell] = self.draft.count(number)
        return counts[cell]

    def _protect(self, place: int, k: int) -> None:
        self.draft.k[place] = max(self.draft.k[place], k)

    def _complement(self, numerator: int, denominator: int, k: int) -> None:
        """What is in the denominator and not in the numerator, protected like the numerator."""
        if (numerator, denominator) not in self.complements:
            misses = self.draft.count(self.draft.value[denominator] - self.draft.value[numerator], k)
            self.complements[numerator, denominator] = misses
            self.draft.sums.append((denominator, [numerator, misses]))

    def sum_up(self) -> None:
        """All sums among the counts."""
        self._leave_out()
        for parts_of in self._by_place():
            self._sum_places(parts_of)
        self._sum_spans()

    def _leave_out(self) -> None:
        """Raw is adjusted and what it leaves out; few cases left out are as few as others."""
        for atom, variant in [*self.counts]:
            if variant != "adjusted":
                continue
            raw, left_out = self.counts[atom, "raw"], self.counts[atom, LEFT_OUT]
            for cell, adjusted in self.counts[atom, variant].items():
                place = raw.get(cell)
                if place is None or self.draft.value[place] < self.draft.value[adjusted]:
                    continue
                value, k = self.draft.value[place], self.draft.k[place]
                left_out[cell] = self.draft.count(value - self.draft.value[adjusted], k if value >= k else 0)
                if value < k:  # a part of what is told as 1 to k - 1 already
                    self.draft.guarded.add(left_out[cell])
                self.draft.sums.append((place, [adjusted, left_out[cell]]))

    def _by_place(self) -> Iterable[dict[int, int]]:
        """Part -> total, for each kind of sum by area and by unit, city by city."""
        levels = {(cell.city_code, cell.area_code): cell.area_level for cell in self.cells}
        above = {area: self._above(area, levels) for area in levels}
        kinds: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        for number, cell in enumerate(self.cells):
            area = above[cell.city_code, cell.area_code]
            if area is not None:
                level = levels[cell.city_code, area]
                total = self.number.get(cell._replace(area_level=level, area_code=area))
                if total is not None:
                    kind = (cell.city_code, cell.period_type, cell.area_level, "by unit" if cell.unit_code else "")
                    kinds[kind][number] = total
            if cell.unit_code:
                total = self.number.get(cell._replace(unit_code=""))
                if total is not None:
                    kinds[cell.city_code, cell.period_type, cell.area_level, "units"][number] = total
        return kinds.values()

    def _above(self, area: tuple[str, str], levels: Mapping[tuple[str, str], str]) -> str | None:
        """The nearest area above that has figures."""
        city, code = area
        seen = {code}
        while (found := self.parents.get((city, code))) is not None and found not in seen:
            if (city, found) in levels:
                return found
            code = found
            seen.add(code)
        return None

    def _sum_places(self, total_of: dict[int, int]) -> None:
        """Sums of each atom over one kind of parts; an atom with a rest may be the whole of another one's parts."""
        loose: list[str] = []
        sums: dict[str, dict[str, dict[int, list[int]]]] = {}
        for atom in sorted({atom for atom, _ in self.counts if self.atoms[atom].over_places}):
            parts = {variant: self._parts(self.counts[atom, variant], total_of) for variant in VARIANTS}
            sums[atom] = parts
            whole = self._is_whole(atom, parts["raw"], least=1)
            if not whole:
                loose.append(atom)
            for variant in VARIANTS:
                self._sum(self.counts[atom, variant], parts[variant], is_whole=whole)
        for below in loose:
            for above in loose:
                if above != below and self._is_whole(above, sums[below]["raw"], least=LEAST_EVIDENCE):
                    for variant in VARIANTS:
                        self._sum_exact(self.counts[above, variant], sums[below][variant])

    @staticmethod
    def _parts(counts: Places, total_of: dict[int, int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for cell, place in counts.items():
            total = total_of.get(cell)
            if total is not None:
                found[total].append(place)
        return found

    def _is_whole(self, above: str, parts_of: dict[int, list[int]], *, least: int) -> bool:
        """Whether the parts make up the counts of the atom, in nearly all of at least so many cells."""
        value, counts = self.draft.value, self.counts[above, "raw"]
        told = [
            sum(value[one] for one in parts) == value[counts[total]]
            for total, parts in parts_of.items()
            if total in counts and any(value[one] for one in parts)
        ]
        return len(told) >= least and sum(told) >= NEARLY_ALL * len(told)

    def _sum(self, counts: Places, parts_of: dict[int, list[int]], *, is_whole: bool) -> None:
        for total, parts in parts_of.items():
            if total not in counts:
                continue
            rest = self.draft.value[counts[total]] - sum(self.draft.value[one] for one in parts)
            if rest < 0:  # counted where it isn't below: no sum that a reader could use
                continue
            beside = [] if is_whole and not rest else [self.draft.count(rest)]
            self.draft.sums.append((counts[total], parts + beside))

    def _sum_exact(self, counts: Places, parts_of: dict[int, list[int]]) -> None:
        for total, parts in parts_of.items():
            if total in counts and sum(self.draft.value[one] for one in parts) == self.draft.value[counts[total]]:
                self.draft.sums.append((counts[total], parts))

    def _sum_spans(self) -> None:
        """Periods inside periods, of the atoms that add up over time."""
        spans = [(self.number[total], [self.number[one] for one in parts]) for total, parts in _by_time(self.cells)]
        for (atom, _), counts in self.counts.items():
            if self.atoms[atom].over_time:
                parts_of = {
                    total: [counts[one] for one in parts if one in counts] for total, parts in spans if total in counts
                }
                self._sum_exact(counts, {total: parts for total, parts in parts_of.items() if parts})


def _drags(figures: list[Figure], never_without: list[tuple[str, str, str]]) -> dict[int, list[int]]:
    """Figure -> those that are withheld with it."""
    named = {name for pair in never_without for name in pair[:2]}
    places = {
        (one.indicator, one.variant, one.cell): place for place, one in enumerate(figures) if one.indicator in named
    }
    found: dict[int, list[int]] = defaultdict(list)
    for (indicator, variant, cell), place in places.items():
        for follower, leader, level in never_without:
            if leader == indicator and level in ("", cell.area_level):
                other = places.get((follower, variant, cell))
                if other is not None:
                    found[place].append(other)
    return found


def _agree(mine: dict[tuple[str, int], float], theirs: dict[tuple[str, int], float]) -> bool:
    less, more = (mine, theirs) if len(mine) <= len(theirs) else (theirs, mine)
    seen = 0
    for place, number in less.items():
        other = more.get(place)
        if other is not None and other != number:
            return False
        seen += other is not None and number > 0
    return seen >= LEAST_EVIDENCE


def _numbers(figure: Figure) -> Iterable[tuple[str, float]]:
    if figure.numerator_atom is not None and figure.numerator is not None:
        yield figure.numerator_atom, figure.numerator
    if figure.denominator_atom is not None and figure.denominator is not None:
        yield figure.denominator_atom, figure.denominator
    yield figure.n_atom, figure.n


def _by_time(cells: list[Cell]) -> list[tuple[Cell, list[Cell]]]:
    """(total, its parts): the coarsest kind of period that tiles it without a gap."""
    places: dict[Cell, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        places[cell._replace(period_type="", period_start=date.min, period_end=date.min)][cell.period_type].append(cell)
    found = []
    for kinds in places.values():
        for kind, totals in kinds.items():
            for total in totals:
                for finer in FINER.get(kind, ()):
                    inside = sorted(
                        cell
                        for cell in kinds.get(finer, ())
                        if cell.period_start >= total.period_start and cell.period_end <= total.period_end
                    )
                    if (
                        inside
                        and (inside[0].period_start, inside[-1].period_end) == (total.period_start, total.period_end)
                        and all(one.period_end == other.period_start for one, other in pairwise(inside))
                    ):
                        found.append((total, inside))
                        break
    return found
