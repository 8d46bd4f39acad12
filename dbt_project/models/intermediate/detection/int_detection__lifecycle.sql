{{ config(pre_hook="{{ forget_touched('detection_id', 'camera.detection') }}") }}
with ordered as (
    {{ in_order(ref('stg_camera__detection_events'), ['detection_id'], subject='detection_id') }}
),

marks as (
    select
        city_code,
        detection_id,
        min(event_seq) filter (where detection_type is not null) as type_seq,
        max(event_seq) filter (where review_result is not null) as review_seq,
        coalesce(
            min(event_seq) filter (where locate_method = 'polygon'),
            min(event_seq) filter (where locate_method = 'declared')
        ) as location_seq
    from ordered
    group by city_code, detection_id
)

select
    ordered.city_code,
    ordered.detection_id,
    max(ordered.device_id) as device_id,
    coalesce(
        min(ordered.event_at_utc) filter (where ordered.stage = 'detected'), min(ordered.event_at_utc)
    ) as detected_at_utc,
    min(ordered.event_at_utc) filter (where ordered.stage = 'cleared') as cleared_at_utc,
    min(ordered.event_at_utc) filter (where ordered.stage = 'reviewed') as reviewed_at_utc,
    coalesce(max(ordered.detection_type) filter (where ordered.event_seq = marks.type_seq), '') as detection_type,
    max(ordered.confidence) filter (where ordered.event_seq = marks.type_seq) as confidence,
    coalesce(max(ordered.review_result) filter (where ordered.event_seq = marks.review_seq), '') as review_result,
    coalesce(max(ordered.grid_code) filter (where ordered.event_seq = marks.location_seq), '') as grid_code,
    coalesce(max(ordered.community_code) filter (where ordered.event_seq = marks.location_seq), '')
        as community_code,
    coalesce(max(ordered.street_code) filter (where ordered.event_seq = marks.location_seq), '') as street_code,
    cast(count(*) as integer) as events_count
from ordered
inner join marks
    on
        ordered.city_code = marks.city_code
        and ordered.detection_id = marks.detection_id
group by ordered.city_code, ordered.detection_id
