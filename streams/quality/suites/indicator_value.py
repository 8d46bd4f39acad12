"""Judgement rules of `indicator_value`: figures that may be shown to leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, every_city_is_there, none_of, rule, values

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

COLLAPSE = 0.5
"""Fewer rows than this share of the last publication is an accident of loading, never a quiet month."""

RATES_NEEDED = 10
"""Shown cells of a rate from which on the same value everywhere is suspicious."""


def suite(facts: Facts) -> list[Expectation]:
    """Completeness, arithmetic, suppression, maturity and pairing of the figures."""
    import great_expectations.expectations as gx

    definition = f"{facts.schema}.indicator_definition"
    joined = (
        f"from {{batch}} as v inner join {definition} as d"
        " on v.indicator_id = d.indicator_id and v.indicator_version = d.indicator_version"
    )
    rules = [
        *every_city_is_there("有数据的城市都要有指标", facts.indicator_cities),
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
            for column in ("numerator", "denominator", "n", "value")
        ),
        none_of(
            "every_computed_indicator_has_values",
            "目录中的计算类指标都要有值",
            "a row for each city and computed indicator of a source that the city has figures of; of what counts"
            " several sources, of a family; a city without grids has no row of what counts grids",
            f"select c.city_code, c.source, d.indicator_id from {definition} as d inner join ("
            "select distinct v.city_code, v.source, case v.source when '' then d.family else '' end as family"
            f" {joined}) as c on c.source = d.source and c.family in ('', d.family)"
            " left join {batch} as v on v.city_code = c.city_code and v.indicator_id = d.indicator_id"
            " and v.indicator_version = d.indicator_version"
            " where d.state = 'computed' and d.requires <> 'grids' and v.city_code is null",
        ),
        none_of(
            "every_value_is_defined",
            "指标值都要有定义",
            "a definition for each indicator version",
            f"select v.city_code, v.source from {{batch}} as v left join {definition} as d"
            " on v.indicator_id = d.indicator_id and v.indicator_version = d.indicator_version"
            " where d.indicator_id is null",
        ),
        none_of(
            "rates_are_shares",
            "比率应在0到1之间，分子不大于分母",
            "0 <= value <= scale, numerator <= denominator",
            f"select v.city_code, v.source {joined} where d.formula = 'share'"
            " and (v.value < 0 or v.value > d.scale or v.numerator > v.denominator)",
        ),
        none_of(
            "value_is_the_quotient",
            "指标值应等于分子÷分母×系数",
            "value = numerator / denominator x scale",
            f"select v.city_code, v.source {joined} where v.value is not null and d.formula in ('share', 'per', 'mean')"
            " and abs(v.value - v.numerator / nullif(v.denominator, 0) * d.scale) > 1e-9",
        ),
        none_of(
            "counts_have_no_denominator",
            "计数类指标无分母，值等于分子",
            "denominator null, value = numerator x scale",
            f"select v.city_code, v.source {joined} where d.formula = 'count'"
            " and (v.denominator is not null or v.value <> v.numerator * d.scale)",
        ),
        none_of(
            "suppressed_cells_hold_no_number",
            "隐去的单元不得含任何数字",
            "numerator, denominator, n, value null; a reason given",
            "select city_code, source from {batch} where case when suppressed"
            " then num_nonnulls(numerator, denominator, n, value) > 0 or suppression_reason = ''"
            " else suppression_reason <> '' end",
        ),
        none_of(
            "no_small_cell_is_shown",
            "小于阈值的单元必须隐去",
            "n = 0 or n >= k where numbers are shown",
            f"select v.city_code, v.source {joined} inner join raw.ref_city as c on v.city_code = c.city_code"
            " where not v.suppressed and v.na_reason = ''"
            " and v.n > 0 and v.n < coalesce(d.small_cell_k, c.small_cell_k)",
        ),
        none_of(
            "every_null_has_a_reason",
            "空值必须说明原因",
            "value null exactly where suppressed or n/a",
            "select city_code, source from {batch} where (value is null) <> (suppressed or na_reason <> '')",
        ),
        none_of(
            "satisfaction_never_without_response_rate",
            "满意率R03须与有效回访率R05同时给出",
            "a shown R05 cell for each shown R03 cell",
            "select s.city_code, s.source from {batch} as s left join {batch} as r on r.indicator_id = 'R05'"
            " and r.city_code = s.city_code and r.variant = s.variant and r.period_type = s.period_type"
            " and r.period_start = s.period_start and r.period_end = s.period_end"
            " and r.area_level = s.area_level and r.area_code = s.area_code"
            " and r.unit_code = s.unit_code and r.breakdown_type = s.breakdown_type"
            " and r.breakdown_code = s.breakdown_code where s.indicator_id = 'R03'"
            " and (r.indicator_id is null or (s.value is not null and r.value is null))",
        ),
        none_of(
            "final_only_when_matured",
            "未成熟的月份不得标为已定",
            "final only when the indicator's own days after the period's end have passed",
            f"select v.city_code, v.source {joined} inner join raw.ref_city as c on v.city_code = c.city_code"
            f" inner join (select city_code, max(data_as_of_utc) as at_utc from {facts.schema}.source_summary"
            " group by 1) as t on v.city_code = t.city_code where v.status = 'final'"
            " and v.period_end + d.maturity_days * interval '1 day'"
            " > t.at_utc at time zone 'UTC' at time zone c.time_zone",
        ),
        none_of(
            "rates_differ_between_cells",
            "比率在各单元完全相同，疑似异常",
            f"two different values at least among {RATES_NEEDED} cells of a rate",
            f"select v.city_code, v.source {joined} where d.formula = 'share' and v.value is not null"
            f" group by v.city_code, v.source, v.indicator_id, v.variant, v.period_type"
            f" having count(*) >= {RATES_NEEDED} and min(v.value) = max(v.value) and min(v.value) > 0",
            severity="warning",
        ),
    ]
    if facts.last_value_rows:
        least = {city: int(rows * COLLAPSE) for city, rows in facts.last_value_rows.items()}
        rules.append(
            none_of(
                "volume_has_not_collapsed",
                "指标行数较上次发布骤减",
                f"at least {COLLAPSE:.0%} of each city's rows in the last publication",
                f"select l.city_code from ({values(least.items())}) as l (city_code, least) left join"
                " (select city_code, count(*) as rows from {batch} group by 1) as v on l.city_code = v.city_code"
                " where coalesce(v.rows, 0) < l.least",
            )
        )
    return rules
