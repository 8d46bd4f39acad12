select
    detections.city_code,
    detections.detection_id,
    detections.device_id,
    detections.detection_type,
    detections.confidence,
    detections.detected_at_utc,
    cast({{ to_local('detections.detected_at_utc', 'as_of.time_zone') }} as date) as detected_on,
    detections.cleared_at_utc,
    detections.reviewed_at_utc,
    detections.review_result,
    case
        when detections.review_result = 'rejected' then 'rejected'
        when detections.cleared_at_utc is not null then 'cleared'
        else 'open'
    end as state,
    {{ minutes_between('detections.detected_at_utc', 'detections.cleared_at_utc') }} as cleared_minutes,
    detections.grid_code,
    detections.community_code,
    detections.street_code,
    detections.events_count
from {{ ref('int_detection__lifecycle') }} as detections
inner join {{ ref('int_city__as_of') }} as as_of on detections.city_code = as_of.city_code
