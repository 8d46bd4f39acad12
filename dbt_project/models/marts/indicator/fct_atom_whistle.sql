{#- What the atoms of entity `whistle` may count: whistles for a unit, on their own day at the place of their case. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        whistles.*,
        variants.variant,
        whistles.called_unit_code as unit_code,
        whistles.whistle_level as channel,
        cases.category_family,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.as_of_utc,
        cast({{ to_local('whistles.blown_at_utc', 'cities.time_zone') }} as date) as day
    from {{ ref('fct_whistle') }} as whistles
    inner join {{ ref('fct_case') }} as cases
        on
            whistles.city_code = cases.city_code
            and whistles.source = cases.source
            and whistles.case_id = cases.case_id
    inner join {{ ref('dim_city') }} as cities on whistles.city_code = cities.city_code
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
    where cases.state <> 'cancelled'
)

{{ wide_atoms(all_atoms, 'whistle', subject='case_id', sequence='whistle_no') }}
