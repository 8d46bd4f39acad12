"""The scrubber's figures on texts of its own: recall, precision, what survives, and texts per second on one core.

    python -m tests.benchmarks.bench_scrubber --texts 100000

The last lines compare, in the same run, one call over all texts with the same texts one call each (how a
row-at-a-time job would do it) and say what a call costs before it has done anything.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from streams.privacy.scrub import scrub_text
from tests.fixtures.labelled_texts import judged, labelled_texts

ONE_BY_ONE = 300
ROUNDS = 3


def best_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the best of the rounds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    options = parser.parse_args()
    labelled = labelled_texts(options.texts)
    texts = [one.text for one in labelled]
    print(*judged(labelled, scrub_text(texts)).lines(), sep="\n")
    whole = len(texts) / best_seconds(lambda: scrub_text(texts))
    single = ONE_BY_ONE / best_seconds(lambda: [scrub_text([text]) for text in texts[:ONE_BY_ONE]])
    megabytes = sum(len(text.encode()) for text in texts) / len(texts) * whole / 1e6
    print(f"in one call    {whole:12,.0f} texts a second and core, {megabytes:.1f} MB")
    print(f"one call each  {single:12,.0f} texts a second and core; in one call {whole / single:.0f} times as many")
    print(f"a call of one  {1000 / single:12.1f} ms")


if __name__ == "__main__":
    main()
