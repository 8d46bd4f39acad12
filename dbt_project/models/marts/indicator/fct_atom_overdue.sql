{#- What the atoms of entity `overdue` may count: cases that were open past their deadline at the end of each month,
    with the days (`overdue_days`) that they were then over it. Such an atom is a stock (`time_rollup` last), of months. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

dated as (
    select
        cases.*,
        {{ to_local('cases.due_at_utc', 'cities.time_zone') }} as due_at_local,
        {{ to_local('cases.closed_at_utc', 'cities.time_zone') }} as closed_at_local
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    where
        cases.is_received
        and cases.due_at_utc < coalesce(cases.closed_at_utc, cases.as_of_utc)
),

entities as (
    select
        cases.city_code,
        cases.source,
        cases.case_id,
        cases.category_family,
        cases.channel,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.unit_code,
        variants.variant,
        ends.day,
        {{ minutes_between('cases.due_at_local', 'ends.ended_at_local') }} / 1440 as overdue_days
    {{ month_ends() }}
    inner join dated as cases
        on
            ends.city_code = cases.city_code
            and ends.ended_at_local > cases.due_at_local
            and (cases.closed_at_local is null or ends.ended_at_local <= cases.closed_at_local)
            and (variants.variant = 'raw' or cases.exclusion_code = '')
)

{{ wide_atoms(all_atoms, 'overdue', subject='case_id', sequence='day') }}
