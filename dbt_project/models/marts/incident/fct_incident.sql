-- An incident goes by its counted reports: what was voided or a false alarm told of nothing. It is open
-- while one of its cases is; where cameras alone tell of it, while one of them sees it.
with first_reports as (
    select
        *,
        row_number() over (
            partition by city_code, incident_id
            order by case when is_counted then 0 else 1 end, told_at_utc, source, subject
        ) as report_no
    from {{ ref('fct_incident_report') }}
),

totals as (
    select
        city_code,
        incident_id,
        max(told_at_utc) filter (where is_counted) as last_report_at_utc,
        cast(count(*) as integer) as reports_count,
        cast(count(*) filter (where is_counted and is_case) as integer) as cases_count,
        cast(count(*) filter (where is_counted and not is_case) as integer) as detections_count,
        cast(count(distinct case when is_counted then source end) as integer) as sources_count,
        cast(count(*) filter (where is_counted and is_case and state = 'open') as integer) as open_cases,
        cast(count(*) filter (where is_counted and not is_case and state = 'open') as integer) as open_detections,
        max(ended_at_utc) filter (where is_counted and is_case) as cases_ended_at_utc,
        max(ended_at_utc) filter (where is_counted) as ended_at_utc,
        bool_and(is_fused) as is_fused
    from {{ ref('fct_incident_report') }}
    group by city_code, incident_id
),

stated as (
    select
        *,
        case
            when cases_count + detections_count = 0 then 'cancelled'
            when cases_count > 0 and open_cases = 0 then 'closed'
            when cases_count = 0 and open_detections = 0 then 'closed'
            else 'open'
        end as state
    from totals
)

select
    stated.city_code,
    stated.incident_id,
    firsts.told_at_utc as first_report_at_utc,
    coalesce(stated.last_report_at_utc, firsts.told_at_utc) as last_report_at_utc,
    firsts.source as first_source,
    firsts.subject as first_subject,
    stated.state,
    case
        when stated.state <> 'closed' then null
        when stated.cases_count > 0 then stated.cases_ended_at_utc
        else stated.ended_at_utc
    end as ended_at_utc,
    stated.reports_count,
    stated.cases_count,
    stated.detections_count,
    stated.sources_count,
    stated.is_fused,
    coalesce(owners.category_family, firsts.category_family) as category_family,
    case when owners.gives_place then owners.told_on end as placed_on,
    case when owners.gives_place then owners.grid_code else '' end as grid_code,
    case when owners.gives_place then owners.community_code else '' end as community_code,
    case when owners.gives_place then owners.street_code else '' end as street_code
from stated
inner join first_reports as firsts
    on
        stated.city_code = firsts.city_code
        and stated.incident_id = firsts.incident_id
        and firsts.report_no = 1
left join {{ ref('fct_incident_report') }} as owners
    on
        stated.city_code = owners.city_code
        and stated.incident_id = owners.incident_id
        and owners.owns_incident
