{#- What the atoms of entity `record` may count: records of departments' registers, on the day that each was first told.
    `due_on` and `period_on`: the local days on which it falls due, and on which the period that it speaks of begins. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        records.city_code,
        records.record_id,
        records.record_kind,
        records.parent_record_id,
        records.measure_code,
        records.due_at_utc,
        records.completed_at_utc,
        records.numerator,
        records.denominator,
        records.unit_code,
        variants.variant,
        'department.record' as source,
        records.record_kind as category_family,
        '' as channel,
        {{ area_columns() }},
        as_of.as_of_utc,
        cast({{ to_local('records.first_event_at_utc', 'as_of.time_zone') }} as date) as day,
        cast({{ to_local('records.due_at_utc', 'as_of.time_zone') }} as date) as due_on,
        cast({{ to_local('records.period_start_at_utc', 'as_of.time_zone') }} as date) as period_on
    from {{ ref('fct_record') }} as records
    inner join {{ ref('int_city__as_of') }} as as_of on records.city_code = as_of.city_code
    inner join variants on not records.is_withdrawn
    {{ area_joins('records') }}
)

{{ wide_atoms(all_atoms, 'record', subject='record_id', sequence='day') }}
