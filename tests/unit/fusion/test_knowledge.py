"""What fusion knows beforehand names codes that there are, in words that are each one thing."""

from __future__ import annotations

import csv

from streams.fusion.knowledge import DATA, MAX_KINDS, knowledge
from streams.reference import registry


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_kinds_and_shares_name_codes_of_the_reference_data() -> None:
    known = {(one.category_scheme, one.category_code) for one in registry.categories("shuifu")}
    for name in ("kinds.csv", "shares.csv"):
        named = [(row["category_scheme"], row["category_code"]) for row in rows(name)]
        assert len(named) > 100
        assert set(named) <= known, name


def test_each_kind_has_words_and_all_fit_into_the_bits_of_one_number() -> None:
    kinds = {row["kind"] for row in rows("kinds.csv")}
    assert {row["kind"] for row in rows("kind_words.csv")} == kinds
    assert len(kinds) <= MAX_KINDS
    assert len(rows("landmarks.csv")) <= MAX_KINDS


def test_shares_of_a_standard_add_up_to_nearly_all() -> None:
    totals: dict[str, float] = {}
    for row in rows("shares.csv"):
        standard = row["category_scheme"].partition("-")[0]
        totals[standard] = totals.get(standard, 0.0) + float(row["share"])
    assert all(0.8 < total <= 1.01 for total in totals.values()), totals


def test_a_city_without_named_kinds_is_known_by_its_own_codes() -> None:
    known = knowledge("chicago")
    assert len(known.code_row) > 50
    assert (known.kinds_of[:-1] >= 0).any(axis=1).all()
