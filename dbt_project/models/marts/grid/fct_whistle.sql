-- A check-in answers the whistle that was blown last before it; the first one counts.
with rounds as (
    select
        *,
        sum(case when stage = 'whistle_blown' then 1 else 0 end) over (
            partition by city_code, case_id
            order by event_seq
        ) as whistle_no
    from {{ ref('int_grid__events') }}
    where stage in ('whistle_blown', 'checked_in')
),

whistles as (
    select
        city_code,
        source,
        case_id,
        whistle_no,
        max(whistle_level) filter (where stage = 'whistle_blown') as whistle_level,
        max(unit_code) filter (where stage = 'whistle_blown') as called_unit_code,
        min(event_at_utc) filter (where stage = 'whistle_blown') as blown_at_utc,
        max(due_at_utc) filter (where stage = 'whistle_blown') as due_at_utc,
        min(event_at_utc) filter (where stage = 'checked_in') as checked_in_at_utc,
        count(distinct case when stage = 'checked_in' then unit_code end) as units_checked_in
    from rounds
    where whistle_no > 0
    group by city_code, source, case_id, whistle_no
)

select
    city_code,
    source,
    case_id,
    cast(whistle_no as integer) as whistle_no,
    coalesce(whistle_level, '') as whistle_level,
    coalesce(called_unit_code, '') as called_unit_code,
    blown_at_utc,
    due_at_utc,
    checked_in_at_utc,
    cast(units_checked_in as integer) as units_checked_in,
    {{ minutes_between('blown_at_utc', 'checked_in_at_utc') }} as response_minutes
from whistles
