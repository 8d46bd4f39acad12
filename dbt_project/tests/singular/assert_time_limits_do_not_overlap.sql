-- On no day may two limits hold for the same city, source, kind and urgency.
select
    one.city_code,
    one.source,
    one.request_kind,
    one.urgency,
    other.valid_from
from {{ ref('time_limit') }} as one
inner join {{ ref('time_limit') }} as other
    on
        one.city_code = other.city_code
        and one.source = other.source
        and coalesce(one.request_kind, '') = coalesce(other.request_kind, '')
        and coalesce(one.urgency, '') = coalesce(other.urgency, '')
        and one.valid_from < other.valid_from
        and (one.valid_to is null or one.valid_to > other.valid_from)
