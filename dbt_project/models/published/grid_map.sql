with counts as (
    select
        city_code,
        area_code as grid_code,
        period_start,
        cast(max(value) filter (where indicator_id = 'G01a') as bigint) as incidents,
        cast(max(value) filter (where indicator_id = 'G01b') as bigint) as cases,
        bool_or(suppressed) as suppressed
    from {{ ref('fct_indicator_shown') }}
    where
        area_level = 'grid'
        and variant = 'raw'
        and indicator_id in ('G01a', 'G01b')
    group by city_code, area_code, period_start
)

select
    counts.city_code,
    counts.grid_code,
    counts.period_start,
    months.period_end,
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
        when counts.suppressed
            then '不足' || cast(cities.small_cell_k as {{ dbt.type_string() }}) || '件（已隐去）'
        else cast(counts.incidents as {{ dbt.type_string() }}) || '件'
    end as label_zh,
    months.status,
    months.is_latest_month,
    months.is_latest_final,
    cities.city_name_zh,
    {{ month_zh('counts.period_start') }} as month_zh
from counts
inner join {{ ref('dim_grid') }} as grids
    on
        counts.city_code = grids.city_code
        and counts.grid_code = grids.grid_code
inner join {{ ref('dim_city') }} as cities on counts.city_code = cities.city_code
inner join {{ ref('dim_month') }} as months
    on
        counts.city_code = months.city_code
        and counts.period_start = months.period_start
