-- What should have gone up the ladder by our clocks, beside what its source says went up. An escalation before the
-- deadline is another matter: a grid hands on what is beyond it, parties don't agree.
with told as (
    select
        dues.city_code,
        dues.source,
        dues.case_id,
        min(events.event_at_utc) as escalated_at_utc
    from {{ ref('int_escalation__due') }} as dues
    inner join {{ ref('int_case__stage_events') }} as events
        on
            dues.city_code = events.city_code
            and dues.source = events.source
            and dues.case_id = events.case_id
            and dues.due_at_utc <= events.event_at_utc
    where events.stage = 'escalated'
    group by dues.city_code, dues.source, dues.case_id
)

select
    dues.city_code,
    dues.source,
    dues.case_id,
    dues.unit_code,
    dues.from_level,
    dues.to_level,
    dues.due_at_utc,
    dues.latest_at_utc,
    told.escalated_at_utc,
    dues.first_closed_at_utc,
    case
        when told.escalated_at_utc <= dues.latest_at_utc then 'in_time'
        when told.escalated_at_utc is not null then 'late'
        when dues.first_closed_at_utc <= dues.latest_at_utc then 'closed_before'
        when dues.latest_at_utc > as_of.as_of_utc then 'pending'
        else 'missed'
    end as outcome,
    dues.clause_zh
from {{ ref('int_escalation__due') }} as dues
inner join {{ ref('int_city__as_of') }} as as_of on dues.city_code = as_of.city_code
left join told
    on
        dues.city_code = told.city_code
        and dues.source = told.source
        and dues.case_id = told.case_id
