"""Judgement rules of `case_fact`: one row per case, and neither it nor anybody to be recognised by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, none_of, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

UNCLASSIFIED = 0.05
"""Share of unclassified cases from which on the category table needs care."""


def suite(facts: Facts) -> list[Expectation]:
    """States and times agree; no place, unit and month forms a group under k; codes are known."""
    import great_expectations.expectations as gx

    sets = {"state": ["open", "closed", "cancelled"], "area_level": ["street", "city"]}
    return [
        *(
            rule(
                gx.ExpectColumnValuesToBeInSet,
                f"{column}_known",
                f"{column} 取值须在规定范围内",
                ", ".join(allowed),
                severity="critical",
                column=column,
                value_set=allowed,
            )
            for column, allowed in sets.items()
        ),
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "cases_come_from_events",
            "每个事项至少有一条事件",
            "at least 1 event",
            severity="critical",
            column="events_count",
            min_value=1,
        ),
        none_of(
            "closed_cases_have_their_time",
            "办结事项须有办结时间",
            "closed_date where closed, and not where open",
            "select city_code, source from {batch} where (state = 'closed' and closed_date is null)"
            " or (state = 'open' and closed_date is not null)",
        ),
        none_of(
            "no_small_cell_can_be_rebuilt",
            "按来源、街镇、单位、月份分组不得小于阈值",
            "k cases of the source at least in each group below city level",
            "select g.city_code, g.source from (select city_code, source, received_month, area_code, unit_code,"
            " count(*) as cases from {batch} where area_level <> 'city' group by 1, 2, 3, 4, 5) as g"
            f" left join {facts.schema}.source_summary as s on g.city_code = s.city_code and g.source = s.source"
            " where s.published_as is distinct from 'cases' or g.cases < s.small_cell_k",
        ),
        none_of(
            "no_grade_stands_alone",
            "同单元评价不足阈值的不得显示评价",
            "k answers of the source at least in each group of place, unit, category and month that shows one",
            "select g.city_code, g.source from (select city_code, source, received_month, area_code, unit_code,"
            " category_code, count(*) as answers from {batch} where resolution <> '' or satisfaction <> ''"
            " group by 1, 2, 3, 4, 5, 6) as g"
            f" left join {facts.schema}.source_summary as s on g.city_code = s.city_code and g.source = s.source"
            " where s.small_cell_k is null or g.answers < s.small_cell_k",
        ),
        rule(
            gx.ExpectColumnValuesToNotBeInSet,
            "categories_are_known",
            "未分类事项过多，请补充分类表",
            f"unclassified at most {UNCLASSIFIED:.0%}",
            severity="warning",
            column="category_code",
            value_set=["unclassified"],
            mostly=1 - UNCLASSIFIED,
        ),
        none_of(
            "units_are_known",
            "出现未登记的承办单位代码",
            "each unit code in ref_unit",
            "select city_code, source from {batch} where unit_code <> '' and unit_name_zh = ''",
            severity="warning",
        ),
    ]
