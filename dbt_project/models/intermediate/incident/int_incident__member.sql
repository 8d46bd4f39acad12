-- What fusion has not weighed yet goes where its source says that it belongs, and else is an incident of its own.
with reports as (
    select
        cases.city_code,
        cases.source,
        cases.case_id as subject,
        cases.incident_case_id as declared_subject
    from {{ ref('int_case__incident') }} as cases
    inner join {{ ref('case_source') }} as sources
        on
            cases.source = sources.source
            and sources.tells_incidents
    union all
    select
        city_code,
        'camera.detection' as source,
        detection_id as subject,
        detection_id as declared_subject
    from {{ ref('int_detection__lifecycle') }}
)

select
    reports.city_code,
    reports.source,
    reports.subject,
    coalesce(
        links.incident_id,
        declared.incident_id,
        {{ incident_id('reports.city_code', 'reports.source', 'reports.declared_subject') }}
    ) as incident_id,
    links.incident_id is not null as is_fused,
    links.score,
    links.metres_off,
    links.hours_after,
    coalesce(links.is_declared, reports.declared_subject <> reports.subject) as is_declared,
    coalesce(links.reasons_zh, '') as reasons_zh
from reports
left join {{ ref('stg_incident__links') }} as links
    on
        reports.city_code = links.city_code
        and reports.source = links.source
        and reports.subject = links.subject
left join {{ ref('stg_incident__links') }} as declared
    on
        reports.city_code = declared.city_code
        and reports.source = declared.source
        and reports.declared_subject = declared.subject
