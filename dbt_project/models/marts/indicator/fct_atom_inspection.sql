{#- What the atoms of entity `inspection` may count: planned inspections of the grids, on the day that they are due. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        inspections.*,
        variants.variant,
        inspections.planned_on as day,
        inspections.inspection_level as category_family,
        'patrol' as channel,
        as_of.as_of_utc
    from {{ ref('fct_inspection') }} as inspections
    inner join {{ ref('int_city__as_of') }} as as_of on inspections.city_code = as_of.city_code
    cross join variants
)

{{ wide_atoms(all_atoms, 'inspection', subject='case_id', sequence='day') }}
