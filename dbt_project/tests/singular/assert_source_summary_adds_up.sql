-- requests = completed + open + cancelled; duplicates are a subset; each request is a published case, or counted in a
-- month that is shown or withheld.
with single as (
    select
        city_code,
        source,
        count(*) as cases,
        false as is_partly_hidden
    from {{ ref('case_fact', v=2) }}
    group by city_code, source
    union all
    select
        city_code,
        source,
        coalesce(sum(cases), 0) as cases,
        bool_or(suppressed) as is_partly_hidden
    from {{ ref('case_count', v=1) }}
    group by city_code, source
)

select
    summary.*,
    single.cases
from {{ ref('source_summary', v=1) }} as summary
left join single
    on
        summary.city_code = single.city_code
        and summary.source = single.source
where
    summary.requests <> summary.completed + summary.open + summary.cancelled
    or summary.duplicates > summary.requests
    or case
        when single.is_partly_hidden then summary.requests < single.cases
        else summary.requests <> coalesce(single.cases, 0)
    end
