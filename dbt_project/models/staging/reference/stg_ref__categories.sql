select
    city_code,
    category_scheme,
    category_code,
    name_zh as category_name_zh,
    name_en as category_name_en,
    family as category_family,
    valid_from,
    valid_to
from {{ source('raw', 'ref_category') }}
