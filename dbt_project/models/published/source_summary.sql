select
    cases.city_code,
    cases.source,
    count(*) filter (where not cases.is_information_only) as requests,
    count(*) filter (where not cases.is_information_only and cases.state = 'closed') as completed,
    count(*) filter (where not cases.is_information_only and cases.state = 'open') as open,
    count(*) filter (where not cases.is_information_only and cases.state = 'cancelled') as cancelled,
    count(*) filter (where not cases.is_information_only and cases.is_duplicate) as duplicates,
    count(*) filter (where cases.is_information_only) as information_only,
    min(cases.first_event_at_utc) as first_event_at_utc,
    max(cases.last_event_at_utc) as last_event_at_utc,
    max(cities.as_of_utc) as data_as_of_utc
from {{ ref('fct_case') }} as cases
inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
group by cases.city_code, cases.source
