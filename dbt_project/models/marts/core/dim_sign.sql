with versions as (
    {{ newest_version(ref('stg_ref__signs'), ['city_code', 'sign_code']) }}
),

areas as (
    {{ newest_version(ref('stg_ref__areas'), ['city_code', 'area_code']) }}
)

select
    signs.city_code,
    signs.sign_code,
    signs.sign_category,
    signs.measure_code,
    signs.sign_name_zh,
    signs.sign_name_en,
    signs.unit_code,
    signs.area_code,
    coalesce(areas.area_level, '') as area_level,
    signs.reading_unit,
    signs.usual_low,
    signs.usual_high,
    signs.observe_every,
    signs.first_valid_from as valid_from,
    signs.valid_to
from versions as signs
left join areas
    on
        signs.city_code = areas.city_code
        and signs.area_code = areas.area_code
        and areas.versions_back = 1
where signs.versions_back = 1
