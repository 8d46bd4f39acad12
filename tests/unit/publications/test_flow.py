"""No topic's events end nowhere: each has a mart that accounts for them."""

from __future__ import annotations

from streams.contracts.registry import contracts
from streams.publications.flow import MARTS


def test_each_source_without_cases_has_a_mart_and_no_other() -> None:
    assert set(MARTS) == {one.source_key for one in contracts().values() if not one.is_case_topic}
