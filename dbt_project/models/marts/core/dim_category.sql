with versions as (
    {{ newest_version(ref('stg_ref__categories'), ['city_code', 'category_scheme', 'category_code']) }}
)

select
    versions.city_code,
    versions.category_scheme,
    versions.category_code,
    versions.category_name_zh,
    versions.category_name_en,
    versions.category_family,
    coalesce(families.category_family_en, versions.category_family) as category_family_en,
    coalesce(schemes.category_scheme_zh, versions.category_scheme) as category_scheme_zh,
    coalesce(schemes.object_kind, '') as object_kind
from versions
left join {{ ref('stg_ref__category_families') }} as families
    on versions.category_family = families.category_family
left join {{ ref('stg_ref__category_schemes') }} as schemes
    on versions.category_scheme = schemes.category_scheme
where versions.versions_back = 1
