{#- What the atoms of entity `ground` may count: grids as they stood at the end of each month in which their city
    received a case, with the households and km² of the newest register. Such an atom is a stock: `time_rollup` last. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

lived as (
    select distinct
        city_code,
        received_month
    from {{ ref('fct_case') }}
    where is_counted
),

entities as (
    select
        grids.city_code,
        grids.grid_code,
        grids.community_code,
        grids.street_code,
        grids.grid_type,
        grids.households,
        grids.area_km2,
        '' as unit_code,
        'grid' as category_family,
        '' as source,
        '' as channel,
        variants.variant,
        ends.day
    {{ month_ends() }}
    inner join lived on ends.city_code = lived.city_code and ends.month = lived.received_month
    inner join {{ ref('dim_grid') }} as grids
        on
            ends.city_code = grids.city_code
            and ends.day >= grids.valid_from
            and (grids.valid_to is null or ends.day < grids.valid_to)
)

{{ wide_atoms(all_atoms, 'ground', subject='grid_code', sequence='day') }}
