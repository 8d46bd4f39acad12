{{ config(pre_hook="{{ by_hash_alone() }}", post_hook="{{ analysed(this) }}") }}
{#- Who only asks, and an inspection that was planned, tells of no incident. An incident is counted where and when its
    first report is. Below the county a source that is told of the whole city alone (petitions) gives no place: then the
    first report of another source does, and where there is none, the incident lies nowhere finer than the city. -#}
with reports as (
    select
        members.*,
        true as is_case,
        cases.received_at_utc as told_at_utc,
        cases.received_on as told_on,
        cases.state,
        cases.closed_at_utc as ended_at_utc,
        cases.channel,
        cases.unit_code,
        cases.category_family,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        sources.finest_area_level <> 'city' as gives_place,
        not members.is_fused and not cases.is_receipt_inferred as awaits_fusion,
        cases.is_counted,
        cases.is_counted and cases.exclusion_code = '' as is_counted_adjusted
    from {{ ref('int_incident__member') }} as members
    inner join {{ ref('fct_case') }} as cases
        on
            members.city_code = cases.city_code
            and members.source = cases.source
            and members.subject = cases.case_id
    inner join {{ ref('case_source') }} as sources on members.source = sources.source
    where not cases.is_information_only
    union all
    select
        members.*,
        false as is_case,
        detections.detected_at_utc as told_at_utc,
        detections.detected_on as told_on,
        case detections.state when 'cleared' then 'closed' when 'rejected' then 'cancelled' else 'open' end as state,
        detections.cleared_at_utc as ended_at_utc,
        'video' as channel,
        '' as unit_code,
        coalesce(categories.category_family, 'unclassified') as category_family,
        detections.grid_code,
        detections.community_code,
        detections.street_code,
        true as gives_place,
        not members.is_fused as awaits_fusion,
        detections.state <> 'rejected' as is_counted,
        detections.state <> 'rejected' as is_counted_adjusted
    from {{ ref('int_incident__member') }} as members
    inner join {{ ref('fct_detection') }} as detections
        on
            members.city_code = detections.city_code
            and members.source = 'camera.detection'
            and members.subject = detections.detection_id
    left join {{ ref('dim_category') }} as categories
        on
            detections.city_code = categories.city_code
            and categories.category_scheme = 'camera-detection'
            and detections.detection_type = categories.category_code
)

select
    *,
    is_counted and row_number() over (
        partition by city_code, incident_id, is_counted
        order by case when gives_place then 0 else 1 end, told_at_utc, source, subject
    ) = 1 as owns_incident,
    is_counted_adjusted and row_number() over (
        partition by city_code, incident_id, is_counted_adjusted
        order by case when gives_place then 0 else 1 end, told_at_utc, source, subject
    ) = 1 as owns_incident_adjusted
from reports
