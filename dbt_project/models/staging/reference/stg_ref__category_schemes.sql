select
    category_scheme,
    name_zh as category_scheme_zh,
    name_en as category_scheme_en,
    object_kind,
    local_pattern,
    source as category_scheme_source
from {{ source('raw', 'ref_category_scheme') }}
