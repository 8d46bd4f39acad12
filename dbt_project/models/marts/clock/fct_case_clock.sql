-- Each case by our own clocks, with the deadline that its source sent beside ours.
select
    cases.city_code,
    cases.source,
    cases.case_id,
    dues.clock,
    dues.time_limit,
    dues.extensions,
    dues.started_at_utc,
    cases.due_at_utc,
    coalesce(dues.is_provisional, false) as is_provisional,
    case
        when dues.case_id is null then 'none'
        when cases.closed_at_utc is not null then 'stopped'
        when dues.is_paused then 'paused'
        else 'running'
    end as clock_state,
    cases.declared_due_at_utc,
    {{ minutes_between('cases.declared_due_at_utc', 'cases.due_at_utc') }} as due_later_minutes,
    cases.is_due,
    cases.is_on_time,
    worked.worked_minutes,
    worked.paused_minutes,
    dues.clause_zh
from {{ ref('fct_case') }} as cases
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
