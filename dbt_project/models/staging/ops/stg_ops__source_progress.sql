select
    city_code,
    topic,
    max(last_known_at_utc) as last_known_at_utc
from {{ source('ops', 'source_progress') }}
group by city_code, topic
