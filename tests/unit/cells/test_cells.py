"""Small cells: each way in which one table gives another's small cell away, and that it is closed."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest

from streams.cells.attack import attack
from streams.cells.protect import protect
from streams.cells.system import Draft
from streams.cells.tables import Atom, Cell, Figure, Tables, tables

K = 10

ATOMS = {
    "received": Atom(counts=True, over_time=True, over_places=True),
    "due": Atom(counts=True, over_time=True, over_places=True),
    "closed": Atom(counts=True, over_time=True, over_places=True),
    "located": Atom(counts=True, over_time=True, over_places=True),
    "in_grid": Atom(counts=True, over_time=True, over_places=True),
    "people": Atom(counts=True, over_time=False, over_places=True),
    "seconds": Atom(counts=False, over_time=False, over_places=False),
}

PARENTS = {
    ("c", code): above
    for code, above in [
        ("s1", "city"), ("s2", "city"), ("s3", "city"), ("m1", "s1"), ("m2", "s1"),
        *((f"g{number}", f"m{number % 2 + 1}") for number in range(60)),
    ]
}  # fmt: skip


def cell(level: str, code: str, unit: str = "", month: int = 1, kind: str = "month", months: int = 1) -> Cell:
    end = date(2026 + (month + months - 1) // 12, (month + months - 1) % 12 + 1, 1)
    return Cell("c", kind, date(2026, month, 1), end, level, code, unit, "", "")


def count(where: Cell, n: int, *, atom: str = "received", variant: str = "raw", **more: object) -> Figure:
    said = {"indicator": f"count of {atom}", "k": K, "both_sides": False} | more
    return Figure(where, said["indicator"], variant, atom, None, atom, n, None, n, said["k"], said["both_sides"],
                  bool(more.get("was_shown")))  # fmt: skip


def share(
    where: Cell, hits: int, n: int, *, atoms: tuple[str, str], variant: str = "raw", both_sides: bool = False
) -> Figure:
    return Figure(where, f"{atoms[0]} of {atoms[1]}", variant, *atoms, atoms[1], hits, n, n, K, both_sides)


def before_and_after(figures: list[Figure]) -> tuple[Tables, int, np.ndarray]:
    """The system, the leaks of what is small alone, and what is withheld in the end: where nothing leaks any more."""
    drawn = tables(figures, ATOMS, PARENTS)
    withheld = protect(drawn.system, drawn.small).withheld
    assert not attack(drawn.system, withheld).leaked.any()
    assert (withheld >= drawn.small).all()
    return drawn, int(attack(drawn.system, drawn.small).leaked.sum()), withheld


def test_a_total_gives_the_one_small_part_away_until_another_is_withheld() -> None:
    figures = [count(cell("city", "city"), 64), count(cell("street", "s1"), 40), count(cell("street", "s2"), 4),
               count(cell("street", "s3"), 20)]  # fmt: skip
    drawn, leaks, withheld = before_and_after(figures)
    assert (leaks, drawn.small.tolist()) == (1, [False, False, True, False])
    assert withheld.tolist() == [False, False, True, True], "the cheaper of the two others"


def test_two_small_parts_that_are_few_together_are_still_under_k() -> None:
    figures = [count(cell("city", "city"), 66), count(cell("street", "s1"), 60), count(cell("street", "s2"), 4),
               count(cell("street", "s3"), 2)]  # fmt: skip
    _, leaks, withheld = before_and_after(figures)
    assert leaks == 2
    assert withheld.sum() == 3


def test_what_has_no_place_leaves_a_rest_that_hides_a_small_street() -> None:
    months = [
        [count(cell("city", "city", month=month), 100), count(cell("street", "s1", month=month), 40),
         count(cell("street", "s2", month=month), 4)]
        for month in (1, 2, 3)
    ]  # fmt: skip
    _, leaks, withheld = before_and_after([one for month in months for one in month])
    assert leaks == 0
    assert withheld.sum() == 3


def test_a_zero_is_shown_and_hides_nobody() -> None:
    figures = [count(cell("city", "city"), 44), count(cell("street", "s1"), 40), count(cell("street", "s2"), 4),
               count(cell("street", "s3"), 0)]  # fmt: skip
    drawn, leaks, withheld = before_and_after(figures)
    assert leaks == 1
    assert drawn.small.sum() == 1
    assert withheld.tolist() == [False, True, True, False]


def test_of_raw_and_adjusted_only_one_is_shown_where_they_differ_by_few() -> None:
    where = cell("city", "city")
    drawn, leaks, withheld = before_and_after([count(where, 50), count(where, 49, variant="adjusted")])
    assert not drawn.small.any()
    assert leaks == 1
    assert withheld.tolist() == [False, True], "the raw one is what the boards show"


@pytest.mark.parametrize("left_out", [0, K])
def test_raw_and_adjusted_are_both_shown_where_they_are_equal_or_far_apart(left_out: int) -> None:
    where = cell("city", "city")
    _, leaks, withheld = before_and_after([count(where, 50), count(where, 50 - left_out, variant="adjusted")])
    assert leaks == 0
    assert not withheld.any()


def test_the_share_of_cases_in_a_grid_does_not_give_the_hidden_grid_away() -> None:
    """A community's G12 numerator is the sum of its grids' G01b, though the community's own G01b is more."""
    figures = []
    for month in range(1, 13):
        for community in ("m1", "m2"):
            grids = [f"g{number}" for number in range(6) if PARENTS["c", f"g{number}"] == community]
            inside = [20 + month, 30, 4 if month == 5 else 15]
            figures += [count(cell("grid", code, month=month), n) for code, n in zip(grids, inside, strict=True)]
            figures.append(count(cell("community", community, month=month), sum(inside) + 7))
            figures.append(
                share(
                    cell("community", community, month=month),
                    sum(inside),
                    sum(inside) + 5,
                    atoms=("in_grid", "located"),
                )
            )
    drawn, leaks, withheld = before_and_after(figures)
    assert drawn.small.sum() == 2
    assert leaks == 2
    assert withheld.sum() == 4


def test_a_numerator_that_is_always_another_ones_denominator_is_withheld_with_it() -> None:
    """R05's numerator is R02's and R03's denominator."""
    figures = []
    for number in range(30):
        answered = 6 if number == 3 else 20 + number
        where = cell("grid", f"g{number}", unit="u")
        figures.append(share(where, answered, 40 + number, atoms=("closed", "received")))
        figures.append(share(where, answered - 1, answered, atoms=("located", "due")))
    drawn, leaks, withheld = before_and_after(figures)
    assert np.flatnonzero(drawn.small).tolist() == [7]
    assert leaks == 1
    assert np.flatnonzero(withheld).tolist() == [6, 7]


def test_an_atom_that_two_shares_have_in_common_is_withheld_in_both() -> None:
    """T04a and T04b share a numerator."""
    where = cell("street", "s1")
    figures = [share(where, 7, 8, atoms=("closed", "due")), share(where, 7, 12, atoms=("closed", "received"))]
    _, leaks, withheld = before_and_after(figures)
    assert leaks == 1
    assert withheld.all()


def test_streets_by_units_are_closed_by_rows_and_by_columns() -> None:
    numbers = {("s1", "u1"): 30, ("s1", "u2"): 25, ("s1", "u3"): 40, ("s2", "u1"): 3, ("s2", "u2"): 28,
               ("s2", "u3"): 33, ("s3", "u1"): 21, ("s3", "u2"): 35, ("s3", "u3"): 50}  # fmt: skip
    figures = [count(cell("street", street, unit), n) for (street, unit), n in numbers.items()]
    for street in ("s1", "s2", "s3"):
        figures.append(count(cell("street", street), sum(n for (at, _), n in numbers.items() if at == street)))
    for unit in ("u1", "u2", "u3"):
        figures.append(count(cell("city", "city", unit), sum(n for (_, of), n in numbers.items() if of == unit)))
    figures.append(count(cell("city", "city"), sum(numbers.values())))
    _, leaks, withheld = before_and_after(figures)
    assert leaks == 1
    assert 4 <= withheld.sum() <= 5, "a rectangle, or little more"
    assert not withheld[9:].any(), "no street, no unit and not the city is lost for one small cell"


def test_hits_and_misses_are_both_protected_where_the_indicator_asks_for_it() -> None:
    where = cell("city", "city")
    for hits, small in [(4, True), (96, True), (50, False), (0, False), (100, False)]:
        drawn = tables([share(where, hits, 100, atoms=("closed", "received"), both_sides=True)], ATOMS, PARENTS)
        assert drawn.small.tolist() == [small], hits
    others = [count(where, 100), count(where, 96, atom="closed")]
    figures = [share(where, 96, 100, atoms=("closed", "received"), both_sides=True), *others]
    _, leaks, withheld = before_and_after(figures)
    assert leaks > 0, "two counts beside it tell the four misses"
    assert withheld.sum() >= 2


def test_months_inside_a_quarter_and_a_year_to_date_are_one_system() -> None:
    numbers = [30, 4, 50]
    figures = [count(cell("city", "city", month=month), n) for month, n in zip((1, 2, 3), numbers, strict=True)]
    figures.append(count(cell("city", "city", kind="quarter", months=3), sum(numbers)))
    _, leaks, withheld = before_and_after(figures)
    assert leaks == 1
    assert withheld.sum() == 2
    assert withheld[1]


def test_people_do_not_add_up_over_months() -> None:
    figures = [count(cell("city", "city", month=month), n, atom="people") for month, n in ((1, 30), (2, 4), (3, 50))]
    figures.append(count(cell("city", "city", kind="quarter", months=3), 60, atom="people"))
    _, leaks, withheld = before_and_after(figures)
    assert leaks == 0
    assert withheld.sum() == 1


def test_the_eight_regions_that_iterating_over_linked_tables_leaves_open() -> None:
    """Two groupings of eight regions, the example of the sdcTools users' list: in turn both are safe, together not."""
    n = dict(zip("ABIJKLMN", (2, 2, 8, 8, 3, 3, 3, 7), strict=True))
    groups = {"county-1": "ABIJ", "county-2": "KLMN", "BIG": "LM", "small": "ABIJKN"}
    draft = Draft()
    counts = {one: draft.count(number, k=4) for one, number in n.items()}
    counts |= {name: draft.count(sum(n[one] for one in inside)) for name, inside in groups.items()}
    counts["total"] = draft.count(sum(n.values()))
    draft.sums += [(counts[name], [counts[one] for one in inside]) for name, inside in groups.items()]
    draft.sums += [
        (counts["total"], [counts[one] for one in two]) for two in (("county-1", "county-2"), ("BIG", "small"))
    ]
    for place in counts.values():
        draft.figure((place,), cost=draft.value[place])
    system = draft.build()
    small = system.is_protected
    names = list(counts)

    def told(flags: np.ndarray) -> list[str]:
        return [name for name, flag in zip(names, flags, strict=True) if flag]

    assert told(small) == ["A", "B", "K", "L", "M"]
    in_turn = small
    for inside in (slice(0, 2), slice(2, 4), slice(0, 2)):
        alone = Draft(draft.value, draft.k, sums=[*draft.sums[inside], draft.sums[4 + inside.start // 2]],
                      figures=draft.figures, cost=draft.cost).build()  # fmt: skip
        in_turn = in_turn | protect(alone, in_turn).withheld
        assert not attack(alone, in_turn).leaked.any(), "each table is safe by itself"
    assert told(attack(system, in_turn).leaked) == ["K"]
    done = protect(system, small)
    assert told(done.withheld) == ["A", "B", "K", "L", "M", "N"]
    assert not attack(system, done.withheld).leaked.any()


def random_tables(seed: int, months: int, streets: int = 3, units: int = 8) -> list[Figure]:
    draw = np.random.default_rng(seed)
    figures = []
    for month in range(1, months + 1):
        n = draw.negative_binomial(1, 0.05, size=(streets, units))
        for street, unit in product(range(streets), range(units)):
            figures.append(count(cell("street", f"s{street + 1}", f"u{unit}", month), int(n[street, unit])))
        figures += [count(cell("street", f"s{one + 1}", "", month), int(n[one].sum())) for one in range(streets)]
        figures += [count(cell("city", "city", f"u{one}", month), int(n[:, one].sum())) for one in range(units)]
        figures.append(count(cell("city", "city", "", month), int(n.sum())))
    return figures


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_random_tables_and_much_without_the_step(seed: int) -> None:
    drawn, leaks, withheld = before_and_after(random_tables(seed, months=1))
    assert leaks > 0
    assert drawn.small.sum() < withheld.sum() < len(withheld)


def test_a_planted_leak_of_one_cell_is_found() -> None:
    drawn, _, withheld = before_and_after(random_tables(7, months=2))
    besides = np.flatnonzero(withheld & ~drawn.small)
    found = 0
    for figure in besides:
        planted = withheld.copy()
        planted[figure] = False
        found += bool(attack(drawn.system, planted).leaked.any())
    assert len(besides) > 5
    assert found > 0.8 * len(besides), "nearly each figure that is withheld besides is needed"


def test_twelve_months_in_turn_lose_little_more_than_all_at_once() -> None:
    """A month that was shown stays shown: each publication is protected with the earlier ones given."""
    year = random_tables(3, months=12)
    quarters = []
    for first in (1, 4, 7, 10):
        for street in ("s1", "s2", "s3"):
            inside = [one.n for one in year if one.cell.area_code == street and not one.cell.unit_code
                      and first <= one.cell.period_start.month < first + 3]  # fmt: skip
            quarters.append(count(cell("street", street, "", first, "quarter", 3), sum(inside)))
    whole, _, at_once = before_and_after(year + quarters)
    shown: set[tuple[Cell, str]] = set()
    withheld: set[tuple[Cell, str]] = set()
    for month in range(1, 13):
        until = date(2026 + month // 12, month % 12 + 1, 1)
        known = [one for one in year + quarters if one.cell.period_end <= until]
        given = [one._replace(was_shown=(one.cell, one.variant) in shown) for one in known]
        drawn = tables(given, ATOMS, PARENTS)
        small = drawn.small | np.array([(one.cell, one.variant) in withheld for one in known])
        done = protect(drawn.system, small)
        assert not done.lost.any(), month
        assert not attack(drawn.system, done.withheld).leaked.any()
        names = [(one.cell, one.variant) for one in known]
        withheld |= {name for name, is_hidden in zip(names, done.withheld, strict=True) if is_hidden}
        shown |= set(names) - withheld
    besides = at_once.sum() - whole.small.sum()
    assert besides > 20
    assert len(withheld) <= 1.15 * at_once.sum()


def test_what_was_shown_before_is_told_as_lost_and_not_withheld_in_vain() -> None:
    figures = [count(cell("city", "city"), 44, was_shown=True), count(cell("street", "s1"), 40, was_shown=True),
               count(cell("street", "s2"), 4)]  # fmt: skip
    drawn = tables(figures, ATOMS, PARENTS)
    done = protect(drawn.system, drawn.small)
    assert done.lost.sum() == 1
    assert attack(drawn.system, done.withheld).leaked.sum() == 1


def test_an_indicator_is_never_shown_without_the_one_it_is_read_with() -> None:
    where, other = cell("street", "s1"), cell("street", "s2")
    figures = [count(where, 4), count(where, 30, atom="due"), count(other, 40), count(other, 60, atom="due")]
    pair = ("count of due", "count of received", "street")
    drawn = tables(figures, ATOMS, PARENTS, [pair])
    assert protect(drawn.system, drawn.small).withheld.tolist() == [True, True, False, False]
    drawn = tables(figures, ATOMS, PARENTS, [(*pair[:2], "grid")])
    assert protect(drawn.system, drawn.small).withheld.tolist() == [True, False, False, False]


def test_minutes_are_no_counts() -> None:
    where = cell("city", "city")
    figure = Figure(where, "mean", "raw", "seconds", "received", "received", 5000.5, 20, 20, K, False)
    assert len(tables([figure], ATOMS, PARENTS).system.value) == 1


def test_a_sum_that_does_not_hold_is_refused() -> None:
    draft = Draft()
    total, part = draft.count(5), draft.count(4)
    draft.sums.append((total, [part]))
    with pytest.raises(ValueError, match="1 sums do not hold"):
        draft.build()
