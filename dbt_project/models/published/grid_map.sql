with counts as (
    select
        city_code,
        area_code as grid_code,
        period_start,
        period_end,
        max(status) as status,
        cast(max(value) filter (where indicator_id = 'G01a') as bigint) as incidents,
        cast(max(value) filter (where indicator_id = 'G01b') as bigint) as cases,
        bool_or(suppressed) as suppressed,
        bool_or(suppression_reason = 'small_cell') as is_small
    from {{ ref('fct_indicator_shown') }}
    where
        period_type = 'month'
        and area_level = 'grid'
        and variant = 'raw'
        and indicator_id in ('G01a', 'G01b')
    group by city_code, area_code, period_start, period_end
)

select
    counts.city_code,
    counts.grid_code,
    counts.period_start,
    counts.period_end,
    grids.grid_name_zh,
    grids.community_code,
    grids.community_name_zh,
    grids.street_code,
    grids.street_name_zh,
    grids.ring,
    grids.households,
    {{ as_double('grids.area_km2') }} as area_km2,
    -- A grid shows both counts or none: one colour, one label, one state.
    case when not counts.suppressed then counts.incidents end as incidents,
    case when not counts.suppressed then counts.cases end as cases,
    counts.suppressed,
    -- Outside the colour scale, so that a hidden grid never looks like an empty one.
    {{ as_double('case when counts.suppressed then -1 else counts.incidents end') }} as map_value,
    case
        when counts.suppressed and not counts.is_small then '为保护小样本，已隐去'
        when counts.suppressed
            then '不足' || cast(cities.small_cell_k as {{ dbt.type_string() }}) || '件（已隐去）'
        else cast(counts.incidents as {{ dbt.type_string() }}) || '件'
    end as label_zh,
    counts.status,
    coalesce(covered.is_latest, false) as is_latest_month,
    coalesce(covered.is_latest_final, false) as is_latest_final,
    cities.city_name_zh,
    {{ month_zh('counts.period_start') }} as month_zh
from counts
inner join {{ ref('dim_grid') }} as grids
    on
        counts.city_code = grids.city_code
        and counts.grid_code = grids.grid_code
inner join {{ ref('dim_city') }} as cities on counts.city_code = cities.city_code
left join {{ ref('fct_covered_period') }} as covered
    on
        counts.city_code = covered.city_code
        and covered.period_type = 'month'
        and counts.period_start = covered.period_start
