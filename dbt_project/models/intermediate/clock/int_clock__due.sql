{{ config(pre_hook="{{ by_hash_alone() }}") }}
{#- Our own deadline of each case that has a limit. The limit is that of the first run: a re-opening adds nothing to it,
    only pauses and approved extensions do, and both only before it is used up. -#}
{%- set key = ['city_code', 'source', 'case_id', 'extensions'] -%}
with fitting as (
    select
        cases.city_code,
        cases.source,
        cases.case_id,
        cases.calendar_version,
        cases.time_zone,
        cases.first_closed_at_utc is not null as is_stopped,
        case limits.starts_with
            when 'received' then cases.received_at_utc
            when 'admitted' then cases.first_admitted_at_utc
            when 'dispatched' then cases.first_dispatched_at_utc
        end as started_at_utc,
        limits.clock,
        limits.time_limit as first_limit,
        limits.rolls_to_workday,
        limits.extension_limit,
        limits.extension_cap,
        limits.clause_zh,
        limits.valid_from,
        limits.valid_to,
        case when limits.urgency is null then 0 else 2 end
        + case when limits.request_kind is null then 0 else 1 end as closeness
    from {{ ref('int_clock__case') }} as cases
    inner join {{ ref('time_limit') }} as limits
        on
            cases.city_code = limits.city_code
            and cases.source = limits.source
            and (limits.request_kind is null or cases.request_kind = limits.request_kind)
            and (limits.urgency is null or cases.urgency = limits.urgency)
    where not cases.is_information_only
),

started as (
    select
        *,
        cast({{ to_local('started_at_utc', 'time_zone') }} as date) as started_on
    from fitting
    where started_at_utc is not null
),

limited as (
    select
        *,
        row_number() over (partition by city_code, source, case_id order by closeness desc) as choice
    from started
    where started_on >= valid_from and (valid_to is null or started_on < valid_to)
),

approvals as (
    select
        city_code,
        source,
        case_id,
        event_at_utc as approved_at_utc,
        row_number() over (partition by city_code, source, case_id order by event_seq) as extensions
    from {{ ref('int_case__stage_events') }}
    where stage = 'extension_approved'
),

-- A case as it was before each of its extensions, and after the last.
runs as (
    select
        limited.*,
        0 as extensions,
        cast(null as timestamp) as approved_at_utc,
        limited.first_limit as time_limit
    from limited
    where limited.choice = 1
    union all
    select
        limited.*,
        cast(approvals.extensions as integer) as extensions,
        approvals.approved_at_utc,
        limited.first_limit
        + cast(least(approvals.extensions * limited.extension_limit, limited.extension_cap) as integer) as time_limit
    from limited
    inner join approvals
        on
            limited.city_code = approvals.city_code
            and limited.source = approvals.source
            and limited.case_id = approvals.case_id
    where limited.choice = 1
),

run_pauses as (
    select
        runs.city_code,
        runs.source,
        runs.case_id,
        runs.extensions,
        pauses.paused_at_utc,
        pauses.resumed_at_utc
    from runs
    inner join {{ ref('int_clock__pause') }} as pauses
        on
            runs.city_code = pauses.city_code
            and runs.source = pauses.source
            and runs.case_id = pauses.case_id
),

dues as (
    {{ due_at('runs', 'run_pauses', key) }}
),

judged as (
    select
        runs.*,
        dues.due_at_utc,
        dues.is_paused,
        dues.is_provisional,
        lag(dues.due_at_utc) over (
            partition by runs.city_code, runs.source, runs.case_id
            order by runs.extensions
        ) as due_before_utc
    from runs
    inner join dues on {{ same('runs', 'dues', key) }}
),

in_time as (
    -- An extension that was approved after the limit had run out, and all after it, cure nothing.
    select
        *,
        sum(case when approved_at_utc >= due_before_utc then 1 else 0 end) over (
            partition by city_code, source, case_id
            order by extensions
            rows between unbounded preceding and current row
        ) as too_late
    from judged
),

lasting as (
    select
        *,
        row_number() over (partition by city_code, source, case_id order by extensions desc) as run_back
    from in_time
    where too_late = 0
)

select
    city_code,
    source,
    case_id,
    clock,
    time_limit,
    extensions,
    rolls_to_workday,
    started_at_utc,
    calendar_version,
    is_stopped,
    due_at_utc,
    is_paused,
    is_provisional,
    clause_zh
from lasting
where run_back = 1
