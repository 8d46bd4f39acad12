{#- What the atoms of entity `register` may count: what stands in the departments' registers at the end of each month,
    as it was told by then. Such an atom is a stock: `time_rollup` last. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

told as (
    select
        *,
        lead(event_at_utc) over (partition by city_code, record_id order by event_seq) as next_event_at_utc
    from {{ ref('int_record__events') }}
),

entities as (
    select
        told.city_code,
        told.record_id,
        told.record_kind,
        told.state,
        told.is_online_available,
        told.numerator,
        told.denominator,
        coalesce(told.unit_code, '') as unit_code,
        variants.variant,
        'department.record' as source,
        told.record_kind as category_family,
        '' as channel,
        {{ area_columns() }},
        ends.day
    {{ month_ends() }}
    inner join told
        on
            ends.city_code = told.city_code
            and ends.ended_at_local > {{ to_local('told.event_at_utc', 'ends.time_zone') }}
            and (
                told.next_event_at_utc is null
                or ends.ended_at_local <= {{ to_local('told.next_event_at_utc', 'ends.time_zone') }}
            )
            and told.stage <> 'withdrawn'
    {{ area_joins('told') }}
)

{{ wide_atoms(all_atoms, 'register', subject='record_id', sequence='day') }}
