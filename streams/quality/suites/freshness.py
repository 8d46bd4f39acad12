"""Judgement rules of freshness: one row per live city and source; history has no clock to be late by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

OWNER = "数据接入组"

ALARM = 3.0
"""Silent for this many times the contract's limit: figures would be published as if nothing had happened."""


def suite() -> list[Expectation]:
    """A live source speaks as often as its contract says; `silence` is measured in the contract's own limit."""
    import great_expectations.expectations as gx

    return [
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "no_source_is_silent",
            "实时来源长时间无数据",
            f"silent at most {ALARM:g} times the contract's limit",
            severity="critical",
            owner=OWNER,
            column="silence",
            max_value=ALARM,
        ),
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "sources_are_fresh",
            "实时来源更新不及时",
            "silent at most as long as the contract says",
            severity="warning",
            owner=OWNER,
            column="silence",
            max_value=1.0,
        ),
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "every_live_source_was_heard",
            "实时来源从未有数据",
            "at least 1 event",
            severity="warning",
            owner=OWNER,
            column="landed",
            min_value=1,
        ),
    ]
