select
    city_code,
    calendar_version,
    calendar as calendar_code,
    name_zh as calendar_name_zh,
    name_en as calendar_name_en,
    time_zone,
    known_from_utc,
    lead(known_from_utc) over (partition by city_code order by calendar_version) as known_until_utc,
    settled_to,
    notice,
    source as notice_source
from {{ source('raw', 'ref_clock_calendar') }}
