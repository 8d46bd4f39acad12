-- An answer or a closing belongs to the notice that was issued last before it.
with rounds as (
    select
        city_code,
        source,
        case_id,
        event_seq,
        event_at_utc,
        stage,
        notice_colour,
        unit_code,
        sum(case when stage = 'supervision_issued' then 1 else 0 end) over (
            partition by city_code, source, case_id
            order by event_seq
        ) as notice_no
    from {{ ref('int_case__stage_events') }}
    where stage in ('supervision_issued', 'supervision_answered', 'supervision_closed')
)

select
    city_code,
    source,
    case_id,
    cast(notice_no as integer) as notice_no,
    coalesce(max(notice_colour) filter (where stage = 'supervision_issued'), '') as notice_colour,
    coalesce(max(unit_code) filter (where stage = 'supervision_issued'), '') as unit_code,
    min(event_at_utc) filter (where stage = 'supervision_issued') as issued_at_utc,
    min(event_at_utc) filter (where stage = 'supervision_answered') as answered_at_utc,
    min(event_at_utc) filter (where stage = 'supervision_closed') as closed_at_utc
from rounds
where notice_no > 0
group by city_code, source, case_id, notice_no
