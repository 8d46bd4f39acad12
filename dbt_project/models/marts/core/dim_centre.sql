with versions as (
    {{ newest_version(ref('stg_ref__centres'), ['city_code', 'centre_code']) }}
)

select
    city_code,
    centre_code,
    centre_name_zh,
    centre_name_en,
    centre_level,
    area_code,
    coalesce(parent_centre_code, '') as parent_centre_code,
    state,
    -- 实体化运行: it has opened, and has not been closed again.
    state = 'operating' and valid_to is null as is_operating,
    first_valid_from as valid_from,
    valid_to
from versions
where versions_back = 1
