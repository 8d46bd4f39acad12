{{ config(pre_hook="{{ by_hash_alone() }}") }}
{#- Cases that were still open when our deadline ran out, where the ladder has a level above the unit in charge: until
    when they must go up. What is paused has no deadline; a merged case goes up with its main case. -#}
{%- set key = ['city_code', 'source', 'case_id'] -%}
with units as (
    {{ newest_version(ref('stg_ref__units'), ['city_code', 'unit_code']) }}
),

overdue as (
    select
        dues.city_code,
        dues.source,
        dues.case_id,
        dues.calendar_version,
        dues.due_at_utc,
        dues.due_at_utc as started_at_utc,
        false as rolls_to_workday,
        cases.first_closed_at_utc,
        life.unit_code,
        limits.from_level,
        limits.to_level,
        limits.clock,
        limits.time_limit,
        limits.clause_zh
    from {{ ref('int_clock__due') }} as dues
    inner join {{ ref('int_clock__case') }} as cases on {{ same('dues', 'cases', key) }}
    inner join {{ ref('int_case__lifecycle') }} as life on {{ same('dues', 'life', key) }}
    inner join {{ ref('int_city__as_of') }} as as_of on dues.city_code = as_of.city_code
    left join units
        on
            life.city_code = units.city_code
            and life.unit_code = units.unit_code
            and units.versions_back = 1
    inner join {{ ref('escalation_limit') }} as limits
        on
            dues.city_code = limits.city_code
            and dues.source = limits.source
            and (limits.unit_type is null or units.unit_type = limits.unit_type)
            and dues.due_at_utc >= limits.valid_from
            and (limits.valid_to is null or dues.due_at_utc < limits.valid_to)
    where
        dues.due_at_utc <= as_of.as_of_utc
        and (cases.first_closed_at_utc is null or cases.first_closed_at_utc > dues.due_at_utc)
        and not life.is_voided
        and not life.is_duplicate
),

no_pauses as (
    select
        city_code,
        source,
        case_id,
        paused_at_utc,
        resumed_at_utc
    from {{ ref('int_clock__pause') }}
    where false
),

latest as (
    {{ due_at('overdue', 'no_pauses', key) }}
)

select
    overdue.city_code,
    overdue.source,
    overdue.case_id,
    overdue.unit_code,
    overdue.from_level,
    overdue.to_level,
    overdue.due_at_utc,
    latest.due_at_utc as latest_at_utc,
    overdue.first_closed_at_utc,
    overdue.clause_zh
from overdue
inner join latest on {{ same('overdue', 'latest', key) }}
