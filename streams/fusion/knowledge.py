"""What fusion knows beforehand, from `data/*.csv`: which codes of which scheme name the same kind of trouble, in which
words people speak of it, which landmarks they name, and how common each code is.

Kinds are general knowledge of the standards. Shares, the constants here and those of `likelihood` were measured on the
development seeds of `measure`. Words of kinds and landmarks were written by one who had read the simulator's phrases;
those that stand only in phrases kept for evaluation were taken out again. Figures on simulated cities may flatter all
the same, and those on other cities are unknown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.reference import registry

DATA = Path(__file__).parent / "data"

MAX_KINDS = 60
"""Named kinds, and landmarks: their sets are bits of one integer."""

TOLD_BY_MANY, TOLD_BY_ONE = 0.1, -0.7
"""Log of (share of the reports of incidents that many tell of) / (share of all reports), of kinds that several schemes
have codes for, and of those that one scheme alone knows."""

RARE_SHARE = 0.004
"""Of a source's reports: codes that are not in shares.csv."""

CODE_RIGHT, CODE_NEAR, CODE_WRONG = 0.88, 0.10, 0.02
"""How often a report carries a code of its true kind, another of that family, one of another family."""
WORDS_RIGHT = 0.95
"""Of texts with words of any kind: name the true one."""
SILENT, SILENT_ELSEWHERE, SILENT_SHARE = 0.24, 0.94, 0.34
"""Texts without words of any kind: of those on a named kind, of those on any other, and of all."""
WORD_SPREAD = 1.5
"""Words of a kind turn up in so many times as many texts as the kind itself has."""
WHEREABOUTS = (
    "门口", "门前", "大门", "正门", "后门", "侧门", "旁", "边", "附近", "对面", "背后", "后面", "前面", "前", "里",
    "内", "外", "东", "南", "西", "北", "一带", "周围", "周边", "楼下", "路口", "入口", "出口", "下", "处",
)  # fmt: skip
"""What stands behind a landmark that tells where something is. A word of `landmarks.csv` with a `+` counts before one
of these alone: who is given no receipt by a school is not at one."""
UNKNOWN = ("", "")
"""A code on no list: a report that says nothing of its kind."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Knowledge:
    """Of one city. Kinds are numbered: the named ones first, then one for each code that has no named kind.

    `code_row`: (scheme, code) -> row of the tables; `kinds_of`: code x 3, its kinds, -1 where fewer.
    `families`: code -> number of its family.
    `code_given_kind`: code x kind, log of (probability of the code in a report of the kind / its share of all).
    `word_yes`, `word_no`, `word_none`: per kind, the same for a text that has words of this kind, of others alone, or
    of none.
    `prior`: per kind, log of its share among incidents that many tell of; `prior_of_code`: code x kind, log of the
    kind's share where the code is used.
    `words`, `landmarks`: patterns, bit by bit.
    `is_measured`: shares of the city's codes are known. Where they are not, each code would count as rare, and two
    reports of the commonest trouble as a coincidence that only one incident can explain.
    """

    code_row: dict[tuple[str, str], int]
    kinds_of: Ints
    families: Ints
    code_given_kind: Floats
    word_yes: Floats
    word_no: Floats
    word_none: Floats
    prior: Floats
    prior_of_code: Floats
    kind_names: tuple[str, ...]
    words: tuple[str, ...]
    landmarks: tuple[str, ...]
    is_measured: bool


@cache
def knowledge(city_code: str) -> Knowledge:
    """From the files and the city's categories; `UNKNOWN` is the last code's row."""
    family = {(c.category_scheme, c.category_code): c.family for c in registry.categories(city_code)}
    named: dict[tuple[str, str], list[str]] = {}
    for row in _rows("kinds.csv"):
        named.setdefault((row["category_scheme"], row["category_code"]), []).append(row["kind"])
    first = sorted({kind for kinds in named.values() for kind in kinds})
    own = [f"{scheme} {code}" for scheme, code in sorted(family) if (scheme, code) not in named]
    names = (*first, *own)
    number = {kind: i for i, kind in enumerate(names)}
    codes = [*sorted(family), UNKNOWN]
    kinds = [[number[kind] for kind in named.get(code, [f"{code[0]} {code[1]}"] if code != UNKNOWN else [])]
             for code in codes]  # fmt: skip
    kinds_of = np.full((len(codes), max(map(len, kinds))), -1)
    is_kind = np.zeros((len(codes), len(names)), dtype=bool)
    for i, found in enumerate(kinds):
        kinds_of[i, : len(found)] = found
        is_kind[i, found] = True

    shares = {(row["category_scheme"], row["category_code"]): float(row["share"]) for row in _rows("shares.csv")}
    share = np.array([shares.get(code, RARE_SHARE) for code in codes])
    of_family = np.array([family.get(code, "") for code in codes])
    in_scheme: dict[tuple[str, str], float] = {}
    for (scheme, _), name, part in zip(codes, of_family, share, strict=True):
        in_scheme[scheme, name] = in_scheme.get((scheme, name), 0.0) + part
    family_share = np.array(
        [min(in_scheme[scheme, name], 0.9) for (scheme, _), name in zip(codes, of_family, strict=True)]
    )
    same_family = np.array([[name in set(of_family[is_kind[:, k]]) for k in range(len(names))] for name in of_family])
    is_named = np.arange(len(names)) < len(first)
    # A city of one scheme alone has no kinds to tell apart by this.
    told_of = np.where(is_named, TOLD_BY_MANY, TOLD_BY_ONE) * is_kind[:, is_named].any()
    here = _share_of_kinds(codes, is_kind, share)
    # A camera tells of few kinds, so its shares say nothing of how common a kind is, but where no other tells of it.
    is_asked = np.array([scheme not in ("camera-detection", "") for scheme, _ in codes])[:, None]
    counts = np.where((is_kind & is_asked).any(axis=0), is_kind & is_asked, is_kind)
    kind_share = np.clip((counts * here).sum(axis=0) / np.maximum(counts.sum(axis=0), 1), 0.005, 0.3)
    told = np.where(
        is_kind,
        np.log(CODE_RIGHT / share)[:, None],
        np.where(
            same_family, np.log(CODE_NEAR / family_share)[:, None], np.log(CODE_WRONG / (1 - family_share))[:, None]
        ),
    )
    told[-1] = 0.0
    spoken = np.clip(kind_share * WORD_SPREAD, 0.01, 0.3)
    speaks = np.log(np.where(is_named, 1 - SILENT, 1 - SILENT_ELSEWHERE) / (1 - SILENT_SHARE))
    patterns = {row["kind"]: row["words"] for row in _rows("kind_words.csv")}
    return Knowledge(
        code_row={code: row for row, code in enumerate(codes)},
        kinds_of=kinds_of,
        families=np.unique(of_family, return_inverse=True)[1],
        code_given_kind=told,
        word_yes=speaks + np.log(WORDS_RIGHT / spoken),
        word_no=speaks + np.where(is_named, np.log((1 - WORDS_RIGHT) / (1 - spoken)), 0.0),
        word_none=np.log(np.where(is_named, SILENT, SILENT_ELSEWHERE) / SILENT_SHARE),
        prior=np.log(kind_share) + told_of,
        prior_of_code=np.log(here),
        kind_names=names,
        words=tuple(patterns[kind] for kind in first),
        landmarks=tuple(_spelled_out(row["words"]) for row in _rows("landmarks.csv")),
        is_measured=not shares.keys().isdisjoint(family),
    )


def _spelled_out(words: str) -> str:
    """`words` with each `word+` as the word before every one of WHEREABOUTS."""
    found: list[str] = []
    for word in words.split("|"):
        found.extend([word.removesuffix("+") + where for where in WHEREABOUTS] if word.endswith("+") else [word])
    return "|".join(found)


def _share_of_kinds(codes: list[tuple[str, str]], is_kind: NDArray[np.bool_], share: Floats) -> Floats:
    """Per code and kind: share of the kind among the reports that carry codes of the same standard."""
    world = np.array([scheme.partition("-")[0] for scheme, _ in codes])
    found = np.zeros(is_kind.shape)
    for one in np.unique(world):
        mine = world == one
        found[mine] = (is_kind[mine] * share[mine, None]).sum(axis=0)
    return np.clip(found, RARE_SHARE, 0.9)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
