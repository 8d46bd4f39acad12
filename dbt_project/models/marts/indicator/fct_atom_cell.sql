with declared as (
    select
        atoms.*,
        rules.time_rollup,
        rules.place_rollup,
        cast(date_trunc('month', atoms.day) as date) as period_start
    from {{ ref('fct_atom') }} as atoms
    inner join {{ ref('atom') }} as rules on atoms.atom_id = rules.atom_id
),

-- A sum over time and places is taken in one step below; all else needs the month's value of each finest cell first.
latest as (
    select
        *,
        row_number() over (
            partition by
                city_code, period_start, grid_code, community_code, street_code, unit_code, category_code, source,
                channel, atom_id, variant
            order by day desc
        ) as days_back
    from declared
    where not (time_rollup = 'sum' and place_rollup = 'sum')
),

-- Over time first (a stock keeps its last day), then over places: a sum is taken only where the atom declares it.
monthly as (
    select
        city_code,
        period_start,
        grid_code,
        community_code,
        street_code,
        unit_code,
        atom_id,
        variant,
        place_rollup,
        case time_rollup
            when 'sum' then sum(quantity)
            when 'max' then max(quantity)
            when 'last' then max(quantity) filter (where days_back = 1)
        end as quantity
    from latest
    group by
        city_code, period_start, grid_code, community_code, street_code, unit_code, category_code, source, channel,
        atom_id, variant, place_rollup, time_rollup
    union all
    select
        city_code,
        period_start,
        grid_code,
        community_code,
        street_code,
        unit_code,
        atom_id,
        variant,
        place_rollup,
        quantity
    from declared
    where time_rollup = 'sum' and place_rollup = 'sum'
),

cells as (
    select
        city_code,
        period_start,
        atom_id,
        variant,
        grid_code,
        community_code,
        street_code,
        unit_code,
        grouping(grid_code) = 0 as by_grid,
        grouping(community_code) = 0 as by_community,
        grouping(street_code) = 0 as by_street,
        grouping(unit_code) = 0 as by_unit,
        case place_rollup
            when 'sum' then sum(quantity)
            when 'max' then max(quantity)
        end as quantity
    from monthly
    group by grouping sets (
        (city_code, period_start, atom_id, variant, place_rollup),
        (city_code, period_start, atom_id, variant, place_rollup, street_code),
        (city_code, period_start, atom_id, variant, place_rollup, community_code),
        (city_code, period_start, atom_id, variant, place_rollup, grid_code),
        (city_code, period_start, atom_id, variant, place_rollup, unit_code),
        (city_code, period_start, atom_id, variant, place_rollup, street_code, unit_code)
    )
)

select
    cells.city_code,
    cells.period_start,
    case
        when cells.by_grid then 'grid'
        when cells.by_community then 'community'
        when cells.by_street then 'street'
        else 'city'
    end as area_level,
    case
        when cells.by_grid then cells.grid_code
        when cells.by_community then cells.community_code
        when cells.by_street then cells.street_code
        else cities.city_area_code
    end as area_code,
    case when cells.by_unit then cells.unit_code else '' end as unit_code,
    cells.atom_id,
    cells.variant,
    cast(cells.quantity as numeric(18, 4)) as quantity
from cells
inner join {{ ref('dim_city') }} as cities on cells.city_code = cities.city_code
-- What has no grid, community, street or unit belongs to the coarser cells alone.
where
    not (cells.by_grid and cells.grid_code = '')
    and not (cells.by_community and cells.community_code = '')
    and not (cells.by_street and cells.street_code = '')
    and not (cells.by_unit and cells.unit_code = '')
