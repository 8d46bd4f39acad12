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
    from {{ ref('fct_case') }} as cases
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
    inner join {{ ref('int_case__callback') }} as calls
        on
            cases.city_code = calls.city_code
            and cases.source = calls.source
            and cases.case_id = calls.case_id
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    where cases.is_received
)

{{ wide_atoms(all_atoms, 'callback', subject='case_id', sequence='attempt_no') }}
