select
    cities.city_code,
    cities.city_name_zh,
    cities.city_name_en,
    cities.city_area_code,
    cities.time_zone,
    cities.mode,
    cities.has_time_limits,
    cities.has_callbacks,
    cities.has_grids,
    cities.count_basically_resolved,
    cities.small_cell_k,
    as_of.as_of_utc
from {{ ref('stg_ref__cities') }} as cities
inner join {{ ref('int_city__as_of') }} as as_of on cities.city_code = as_of.city_code
