-- From when to when a case is timed, and by which version of its city's calendar: that which was known when it was
-- first closed, else the newest known at T. So a year that is announced later moves open cases alone.
select
    life.city_code,
    life.source,
    life.case_id,
    life.received_at_utc,
    life.first_admitted_at_utc,
    life.first_dispatched_at_utc,
    life.first_closed_at_utc,
    coalesce(life.closed_at_utc, incidents.inherited_closed_at_utc) as closed_at_utc,
    life.request_kind,
    life.urgency,
    life.is_information_only,
    as_of.time_zone,
    calendars.calendar_version
from {{ ref('int_case__lifecycle') }} as life
inner join {{ ref('int_case__incident') }} as incidents
    on
        life.city_code = incidents.city_code
        and life.source = incidents.source
        and life.case_id = incidents.case_id
inner join {{ ref('int_city__as_of') }} as as_of on life.city_code = as_of.city_code
left join {{ ref('stg_ref__clock_calendars') }} as calendars
    on
        life.city_code = calendars.city_code
        and case
            when life.first_closed_at_utc is null
                then
                    as_of.as_of_utc >= calendars.known_from_utc
                    and (calendars.known_until_utc is null or as_of.as_of_utc < calendars.known_until_utc)
            else
                life.first_closed_at_utc > calendars.known_from_utc
                and (calendars.known_until_utc is null or life.first_closed_at_utc <= calendars.known_until_utc)
        end
