{#- What the atoms of entity `case` may count: cases of all sources. `variant` adjusted leaves out excluded cases. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        cases.*,
        variants.variant,
        cases.received_on as day,
        cast({{ to_local('cases.first_dispatched_at_utc', 'cities.time_zone') }} as date) as dispatched_on,
        cast({{ to_local('cases.closed_at_utc', 'cities.time_zone') }} as date) as closed_on,
        cast({{ to_local('cases.due_at_utc', 'cities.time_zone') }} as date) as due_on
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
)

{{ wide_atoms(all_atoms, 'case', subject='case_id', sequence='day') }}
