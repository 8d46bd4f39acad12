"""Judgement rules of `grid_map`: whole, closed shapes, nothing shown that is suppressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, none_of

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(facts: Facts) -> list[Expectation]:
    """Each grid in each month, drawn as a closed ring, coloured as the published value says."""
    return [
        none_of(
            "suppressed_grids_hold_no_number",
            "隐去的网格不得含数字",
            "incidents and cases null, map_value -1, a label that hides",
            "select city_code from {batch} where case when suppressed"
            " then num_nonnulls(incidents, cases) > 0 or map_value <> -1 or label_zh not like '%已隐去%'"
            " else incidents is null or map_value <> incidents end",
        ),
        none_of(
            "the_map_shows_the_published_values",
            "地图数值须与指标G01a、G01b一致，任一隐去则都不显示",
            "incidents = G01a and cases = G01b of the same grid and month; both hidden where either is",
            "select m.city_code from {batch} as m left join ("
            "select city_code, area_code, period_start, bool_or(suppressed) as suppressed,"
            " max(value) filter (where indicator_id = 'G01a') as incidents,"
            " max(value) filter (where indicator_id = 'G01b') as cases"
            f" from {facts.schema}.indicator_value"
            " where indicator_id in ('G01a', 'G01b') and variant = 'raw' and area_level = 'grid' group by 1, 2, 3"
            ") as v on v.city_code = m.city_code and v.area_code = m.grid_code and v.period_start = m.period_start"
            " where v.city_code is null or m.suppressed <> v.suppressed"
            " or (not v.suppressed and (m.incidents, m.cases) is distinct from (v.incidents::bigint, v.cases::bigint))",
        ),
        none_of(
            "every_grid_is_drawn",
            "有效网格每月都要在图上",
            "each grid of ref_grid in each month of its validity",
            "select g.city_code from (select distinct city_code, period_start, period_end from {batch}) as p"
            " inner join raw.ref_grid as g on g.city_code = p.city_code and g.valid_from < p.period_end"
            " and (g.valid_to is null or g.valid_to > p.period_start)"
            " left join {batch} as m on m.city_code = g.city_code and m.grid_code = g.grid_code"
            " and m.period_start = p.period_start where m.grid_code is null",
        ),
        none_of(
            "rings_are_closed",
            "网格边界须闭合",
            "four points at least, the last equal to the first",
            "select city_code from {batch} where case when ring is json array"
            " then jsonb_array_length(ring::jsonb) < 4 or ring::jsonb -> 0 <> ring::jsonb -> -1 else true end",
        ),
    ]
