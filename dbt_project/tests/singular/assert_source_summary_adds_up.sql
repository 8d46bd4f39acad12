-- requests = completed + open + cancelled; duplicates are a subset; each request is a published case.
select
    summary.*,
    facts.cases
from {{ ref('source_summary', v=1) }} as summary
left join (
    select
        city_code,
        source,
        count(*) as cases
    from {{ ref('case_fact', v=1) }}
    group by city_code, source
) as facts
    on
        summary.city_code = facts.city_code
        and summary.source = facts.source
where
    summary.requests <> summary.completed + summary.open + summary.cancelled
    or summary.duplicates > summary.requests
    or summary.requests <> coalesce(facts.cases, 0)
