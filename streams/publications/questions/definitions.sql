-- 指标口径：分子、分母、时间口径、排除项
-- What each indicator counts, over what, by which clock, without what
select
    indicator_id as 编号,
    name_zh as 指标,
    numerator_zh as 分子,
    denominator_zh as 分母,
    time_basis_zh as 时间口径,
    exclusions_zh as 排除项,
    finest_area_level as 最细区域,
    valid_from as 生效日期
from published.current_indicator_definition
order by indicator_id, indicator_version;
