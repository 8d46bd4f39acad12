"""Judgement rules of fusion: one row per city and source; incidents are counted of reports that were weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

AWAITING_SHARE = 0.01
"""What lands while fusion and build run has no link yet; more than this share of a source makes incidents too many."""


def suite() -> list[Expectation]:
    """Links cover the reports that the build knows."""
    import great_expectations.expectations as gx

    return [
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "links_cover_the_reports",
            "部分报告尚未归并，事件数偏高",
            f"at most {AWAITING_SHARE:.0%} of a source's reports without a link; `citybrain fuse` makes them",
            severity="warning",
            column="awaiting_share",
            max_value=AWAITING_SHARE,
        )
    ]
