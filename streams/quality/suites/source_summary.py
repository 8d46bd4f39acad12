"""Judgement rules of `source_summary`: the totals that each source's owner checks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, every_city_is_there, none_of, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(facts: Facts) -> list[Expectation]:
    """Totals add up, agree with the case facts, and speak of no moment after their as-of."""
    import great_expectations.expectations as gx

    counts = ("requests", "completed", "open", "cancelled", "duplicates", "information_only")
    return [
        *every_city_is_there("有数据的城市都要有汇总", facts.case_cities),
        *(
            rule(
                gx.ExpectColumnValuesToBeBetween,
                f"{column}_not_negative",
                f"{column} 不得为负",
                "at least 0",
                severity="critical",
                column=column,
                min_value=0,
            )
            for column in counts
        ),
        none_of(
            "requests_add_up",
            "诉求总数应等于办结＋在办＋作废，重复件是其子集",
            "requests = completed + open + cancelled; duplicates <= requests",
            "select city_code, source from {batch}"
            " where requests <> completed + open + cancelled or duplicates > requests",
        ),
        none_of(
            "requests_are_the_published_cases",
            "诉求总数应等于已发布事项数",
            "one row of case_fact per request; months of case_count where the source is only counted",
            "select coalesce(s.city_code, f.city_code) as city_code, coalesce(s.source, f.source) as source"
            " from {batch} as s full join (select city_code, source, count(*) as cases, false as hidden"
            f" from {facts.schema}.case_fact group by 1, 2 union all"
            " select city_code, source, coalesce(sum(cases), 0), bool_or(suppressed)"
            f" from {facts.schema}.case_count group by 1, 2) as f"
            " on s.city_code = f.city_code and s.source = f.source where case when f.hidden"
            " then s.requests < f.cases else coalesce(s.requests, -1) <> coalesce(f.cases, 0) end",
        ),
        none_of(
            "no_event_after_the_as_of",
            "不得含数据截至时间之后的事件",
            "last event at most 10 minutes after the as-of, which is given",
            "select city_code, source from {batch} where data_as_of_utc is null"
            " or last_event_at_utc > data_as_of_utc + interval '10 minutes'",
        ),
        none_of(
            "no_case_closes_before_it_came",
            "办结时间早于受理时间（计为办结，不计按期与时长）",
            "no case closed before its receipt",
            "select city_code, source from {batch} where closed_before_receipt > 0",
            severity="warning",
        ),
        none_of(
            "no_stage_is_told_twice",
            "同一环节内容不一，取较早时间",
            "no receipt or closing told twice at once with different times",
            "select city_code, source from {batch} where conflicting > 0",
            severity="warning",
        ),
    ]
