"""How good fusion is where tellings stray less or more and streets are busier: a table over fresh cities.

    python -m tests.benchmarks.bench_incidents --seeds 301 302 303

Each cell is `citybrain incident evaluate` of the cities of all seeds, none of them used in development, their pairs
added up. Pairs that sources declare are left out. Peers have the thresholds that are best for the very city, fusion has
what was fixed before. Prints a Markdown table and the same by pair of channels at the usual noise and density.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streams.fusion.measure import TEST_SEEDS, Score

CITYBRAIN = Path(sys.executable).parent / "citybrain"
NOISE = ("half", "default", "double")
DENSITY = ("1", "5", "20")
USUAL = ("default", "1")


def evaluated(seed: int, noise: str, density: str) -> dict[str, Any]:
    command = [str(CITYBRAIN), "incident", "evaluate", "--seed", str(seed)]
    options = ["--noise", noise, "--density", density, "--json"]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True, encoding="utf-8")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def added_up(scores: Iterable[dict[str, Any]]) -> Score:
    """Of several cities: what was right follows from the precision, which is told to four places."""
    told = list(scores)
    right = sum(round(one["precision"] * one["pairs_found"]) for one in told)
    return Score(sum(one["pairs_truth"] for one in told), sum(one["pairs_found"] for one in told), right)


def row(name: str, *cells: str) -> str:
    return f"| {' | '.join((name, *cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(TEST_SEEDS))
    options = parser.parse_args()
    usual: list[dict[str, Any]] = []
    print(row("noise, times the usual volume", "reports/km²/day", "precision", "recall", "F1", "best peer", "its F1"))
    print(row("---", *["---"] * 6))
    for noise in NOISE:
        for density in DENSITY:
            cities = [evaluated(seed, noise, density) for seed in options.seeds]
            usual = cities if (noise, density) == USUAL else usual
            peers = {name: added_up(one["baselines"][name] for one in cities) for name in cities[0]["baselines"]}
            best = max(peers, key=lambda name: peers[name].f1)
            ours = added_up(cities)
            crowd = sum(one["reports_per_km2_and_day"] for one in cities) / len(cities)
            figures = (f"{value:.3f}" for value in (ours.precision, ours.recall, ours.f1))
            print(row(f"{noise}, {density}", f"{crowd:.1f}", *figures, best, f"{peers[best].f1:.3f}"), flush=True)
    print()
    print(row("channels", "precision", "recall", "F1", "pairs"))
    print(row("---", *["---"] * 4))
    for pair in sorted({pair for one in usual for pair in one["by_channel_pair"]}):
        score = added_up(one["by_channel_pair"][pair] for one in usual if pair in one["by_channel_pair"])
        figures = (f"{value:.3f}" for value in (score.precision, score.recall, score.f1))
        print(row(pair, *figures, str(score.pairs_truth)))


if __name__ == "__main__":
    main()
