select
    city_code,
    calendar_version,
    utc_day,
    start_us,
    end_us,
    worked_before_us,
    is_worked,
    day_no,
    day_start_us,
    is_workday,
    workdays_before
from {{ source('raw', 'ref_clock_instant') }}
