select
    city_code,
    calendar_version,
    count_by,
    bucket,
    after,
    until,
    base_us,
    is_settled
from {{ source('raw', 'ref_clock_end') }}
