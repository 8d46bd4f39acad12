"""Judgement rule of small cells: what one published value hides, no others may give away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite() -> list[Expectation]:
    """An attack with every sum among the published values finds no small cell."""
    import great_expectations.expectations as gx

    return [
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "no_small_cell_can_be_found_out",
            "隐去的小样本单元可由其他已发布数推算",
            "no count under k is known exactly, or to be under k, from what is shown",
            severity="critical",
            column="leaked",
            max_value=0,
        )
    ]
