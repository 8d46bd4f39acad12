select
    city_code,
    source,
    subject,
    incident_id,
    score,
    metres_off,
    hours_after,
    is_declared,
    reasons_zh,
    run_number
from {{ source('raw', 'incident_link') }}
