select
    city_code,
    name_zh as city_name_zh,
    name_en as city_name_en,
    time_zone,
    mode,
    clock,
    admin_code as city_area_code,
    has_time_limits,
    has_callbacks,
    has_grids,
    count_basically_resolved,
    small_cell_k
from {{ source('raw', 'ref_city') }}
