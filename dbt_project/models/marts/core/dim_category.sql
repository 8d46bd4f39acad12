select
    city_code,
    category_scheme,
    category_code,
    category_name_zh,
    category_name_en,
    category_family
from {{ ref('stg_ref__categories') }}
