-- A dispatch that is sent back before the next one was returned by the unit that it went to.
with rounds as (
    select
        city_code,
        source,
        case_id,
        event_at_utc,
        stage,
        unit_code,
        sum(case when stage = 'dispatched' then 1 else 0 end) over (
            partition by city_code, source, case_id
            order by event_seq
        ) as dispatch_no
    from {{ ref('int_case__stage_events') }}
    where stage in ('dispatched', 'returned')
)

select
    city_code,
    source,
    case_id,
    cast(dispatch_no as integer) as dispatch_no,
    coalesce(max(unit_code) filter (where stage = 'dispatched'), '') as unit_code,
    min(event_at_utc) filter (where stage = 'dispatched') as dispatched_at_utc,
    min(event_at_utc) filter (where stage = 'returned') as returned_at_utc,
    count(*) filter (where stage = 'returned') > 0 as is_returned
from rounds
where dispatch_no > 0
group by city_code, source, case_id, dispatch_no
