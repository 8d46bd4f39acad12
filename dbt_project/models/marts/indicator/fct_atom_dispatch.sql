{#- What the atoms of entity `dispatch` may count: each dispatch to a unit, on its own day at the place of its case. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        dispatches.city_code,
        dispatches.source,
        dispatches.case_id,
        dispatches.dispatch_no,
        dispatches.unit_code,
        dispatches.is_returned,
        variants.variant,
        cases.channel,
        cases.category_family,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cast({{ to_local('dispatches.dispatched_at_utc', 'cities.time_zone') }} as date) as day
    {{ told_of_cases(ref('fct_dispatch'), 'dispatches') }}
    where cases.is_counted
)

{{ wide_atoms(all_atoms, 'dispatch', subject='case_id', sequence='dispatch_no') }}
