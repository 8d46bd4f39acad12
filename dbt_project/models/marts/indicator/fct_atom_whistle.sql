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
        cases.state,
        cast({{ to_local('whistles.blown_at_utc', 'cities.time_zone') }} as date) as day
    {{ told_of_cases(ref('fct_whistle'), 'whistles') }}
    where cases.state <> 'cancelled'
)

{{ wide_atoms(all_atoms, 'whistle', subject='case_id', sequence='whistle_no') }}
