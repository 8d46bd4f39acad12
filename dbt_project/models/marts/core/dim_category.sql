with versions as (
    {{ newest_version(ref('stg_ref__categories'), ['city_code', 'category_scheme', 'category_code']) }}
)

select
    city_code,
    category_scheme,
    category_code,
    category_name_zh,
    category_name_en,
    category_family
from versions
where versions_back = 1
