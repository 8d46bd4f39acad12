-- A city that has limits has one for each of its sources that holds where no narrower one does.
select
    cities.city_code,
    sources.source
from {{ ref('stg_ref__cities') }} as cities
cross join {{ ref('case_source') }} as sources
left join {{ ref('time_limit') }} as limits
    on
        cities.city_code = limits.city_code
        and sources.source = limits.source
        and limits.request_kind is null
        and limits.urgency is null
        and limits.valid_to is null
where cities.has_time_limits and limits.source is null
