{#- What the atoms of entity `callback` may count: attempts to call back about received cases, on the day of the call.
-#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        cases.city_code,
        cases.source,
        cases.case_id,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.unit_code,
        cases.category_family,
        cases.channel,
        variants.variant,
        calls.attempted_on as day,
        calls.attempt_no,
        calls.is_valid,
        calls.resolution,
        calls.satisfaction,
        cities.count_basically_resolved
    {{ told_of_cases(ref('int_case__callback'), 'calls') }}
    where cases.is_received
)

{{ wide_atoms(all_atoms, 'callback', subject='case_id', sequence='attempt_no') }}
