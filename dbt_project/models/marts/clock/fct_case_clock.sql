-- Each case by our own clocks, with the deadline that its source sent beside ours. A case that is paused has no
-- deadline and is not due; a closing that holds is measured against the deadline of the first run, however often it was
-- re-opened.
select
    cases.city_code,
    cases.source,
    cases.case_id,
    dues.clock,
    dues.time_limit,
    dues.extensions,
    dues.started_at_utc,
    dues.due_at_utc,
    coalesce(dues.is_provisional, false) as is_provisional,
    case
        when dues.case_id is null then 'none'
        when cases.closed_at_utc is not null then 'stopped'
        when dues.is_paused then 'paused'
        else 'running'
    end as clock_state,
    cases.due_at_utc as source_due_at_utc,
    {{ minutes_between('cases.due_at_utc', 'dues.due_at_utc') }} as due_later_minutes,
    coalesce(
        dues.case_id is not null and (cases.closed_at_utc is not null or dues.due_at_utc <= as_of.as_of_utc), false
    ) as is_due,
    case
        when dues.due_at_utc is null then null
        when cases.is_closed_before_receipt then false
        -- The end of a day is no part of it; a clock time is.
        when cases.closed_at_utc is not null and dues.clock in ('work_day', 'natural_day')
            then cases.closed_at_utc < dues.due_at_utc
        when cases.closed_at_utc is not null then cases.closed_at_utc <= dues.due_at_utc
        when dues.due_at_utc <= as_of.as_of_utc then false
    end as is_on_time,
    worked.worked_minutes,
    worked.paused_minutes,
    dues.clause_zh
from {{ ref('fct_case') }} as cases
inner join {{ ref('int_city__as_of') }} as as_of on cases.city_code = as_of.city_code
left join {{ ref('int_clock__due') }} as dues
    on
        cases.city_code = dues.city_code
        and cases.source = dues.source
        and cases.case_id = dues.case_id
left join {{ ref('int_clock__worked') }} as worked
    on
        cases.city_code = worked.city_code
        and cases.source = worked.source
        and cases.case_id = worked.case_id
