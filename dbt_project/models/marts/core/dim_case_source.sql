-- How the cases of a source may leave, city by city: as single cases or as counts, and the k that no cell may be under.
select
    cities.city_code,
    sources.source,
    sources.name_zh as source_name_zh,
    sources.published_as,
    sources.finest_area_level,
    coalesce(sources.small_cell_k, cities.small_cell_k) as small_cell_k
from {{ ref('case_source') }} as sources
cross join {{ ref('dim_city') }} as cities
