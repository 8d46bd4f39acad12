"""Judgement rules of `sign_summary`: what sensors and counts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, none_of

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(facts: Facts) -> list[Expectation]:
    """Each sign that is published is in the register, so that readers learn what it measures."""
    return [
        none_of(
            "signs_are_registered",
            "出现未登记的体征代码",
            "each sign code in ref_sign",
            "select city_code from {batch} where measure_code = ''",
            severity="warning",
        ),
    ]
