"""Judgement rules of `case_count`: matters that are never told singly, and never in a small month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, none_of

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(facts: Facts) -> list[Expectation]:
    """Each month is shown whole or not at all, and only with k matters of its source."""
    return [
        none_of(
            "no_small_month_is_shown",
            "小于阈值的月份必须隐去",
            "k matters of the source at least where a number is shown",
            "select c.city_code, c.source from {batch} as c"
            f" left join {facts.schema}.source_summary as s on c.city_code = s.city_code and c.source = s.source"
            " where c.cases is not null and (s.small_cell_k is null or c.cases < s.small_cell_k)",
        ),
        none_of(
            "months_add_up",
            "事项数应等于办结＋在办＋作废",
            "cases = completed + open + cancelled",
            "select city_code, source from {batch} where cases <> completed + open + cancelled",
        ),
    ]
