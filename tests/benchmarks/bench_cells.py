"""Small cells of seeded tables: how much is withheld besides, what the attack finds without it, and in what time.

    python -m tests.benchmarks.bench_cells --withheld 100000

Tables of an area tree (19 towns, 5 communities each, 7 grids each) by category: 2,185 and 19,500 cells, and as many
of the smaller one side by side as hold `--withheld` withheld cells; those are attacked at once. Prints one JSON object;
seconds are of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from streams.cells.attack import attack
from streams.cells.protect import protect
from streams.cells.system import Draft, System

K = 10


def add_table(draft: Draft, seed: int, levels: tuple[int, ...], categories: int, mean: float) -> None:
    """One table: a tree that branches by `levels`, by categories, with all its totals, one figure to a cell."""
    draw = np.random.default_rng(seed)
    weight = draw.gamma(0.4, size=int(np.prod(levels))) * mean / 0.4
    cells = draw.poisson(weight[:, None] * draw.dirichlet(np.ones(categories), size=len(weight)) * categories)
    below: np.ndarray | None = None
    for depth in range(len(levels), -1, -1):
        cells = np.column_stack([cells[:, :categories].sum(axis=1), cells[:, :categories]])
        places = np.array([[draft.count(float(n), K) for n in row] for row in cells])
        for row in places.tolist():
            draft.sums.append((row[0], row[1:]))
            for place in row:
                draft.figure((place,), cost=float(np.log2(2 + draft.value[place])) * 4.0 ** (len(levels) - depth))
        if below is not None:
            children = below.reshape(len(places), -1, categories + 1)
            for area, row in enumerate(places.tolist()):
                draft.sums += [(place, children[area, :, at].tolist()) for at, place in enumerate(row)]
        below = places
        if depth:
            cells = cells[:, 1:].reshape(-1, levels[depth - 1], categories).sum(axis=1)


def measured(system: System) -> dict[str, float]:
    small = system.shows @ system.is_protected > 0
    started = time.monotonic()
    without = attack(system, small)
    between = time.monotonic()
    done = protect(system, small)
    after = time.monotonic()
    found = attack(system, done.withheld)
    return {
        "cells": len(system.cost),
        "small": int(small.sum()),
        "withheld_besides": int(done.withheld.sum() - small.sum()),
        "found_without": int(without.leaked.sum()),
        "found": int(found.leaked.sum()),
        "programs": found.programs,
        "programs_saved": found.saved,
        "attack_without_seconds": round(between - started, 2),
        "protect_seconds": round(after - between, 2),
        "attack_seconds": round(time.monotonic() - after, 2),
    }


def drawn(tables: int, levels: tuple[int, ...], categories: int, mean: float) -> System:
    draft = Draft()
    for seed in range(tables):
        add_table(draft, seed, levels, categories, mean)
    return draft.build()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--withheld", type=int, default=100_000, help="withheld cells that are attacked at once")
    wanted = parser.parse_args().withheld
    result = {
        "2185": measured(drawn(1, (19, 5), 18, 12.0)),
        "19500": measured(drawn(1, (19, 5, 7), 24, 4.0)),
    }
    each = result["2185"]["small"] + result["2185"]["withheld_besides"]
    result["many"] = measured(drawn(int(wanted / each) + 1, (19, 5), 18, 12.0))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
