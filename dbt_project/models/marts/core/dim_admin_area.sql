with areas as (
    {{ newest_version(ref('stg_ref__admin_areas'), ['area_code']) }}
),

newest as (
    select * from areas
    where versions_back = 1
),

-- A code that went to one place is read as that place; one that was split has no single successor.
successors as (
    select
        predecessor_code,
        min(area_code) as successor_code
    from {{ ref('stg_ref__area_predecessors') }}
    group by predecessor_code
    having count(distinct area_code) = 1
)

-- Codes nest: the first 2, 4 and 6 digits are the province, the prefecture and the county.
select
    newest.area_code,
    newest.area_level,
    newest.area_name_zh,
    coalesce(newest.parent_area_code, '') as parent_area_code,
    coalesce(provinces.area_name_zh, '') as province_name_zh,
    coalesce(prefectures.area_name_zh, '') as prefecture_name_zh,
    coalesce(counties.area_name_zh, '') as county_name_zh,
    newest.first_valid_from as valid_from,
    newest.valid_to,
    case when newest.valid_to is not null then coalesce(successors.successor_code, '') else '' end as successor_code
from newest
left join newest as provinces on substr(newest.area_code, 1, 2) = provinces.area_code
left join newest as prefectures
    on
        length(newest.area_code) >= 4
        and substr(newest.area_code, 1, 4) = prefectures.area_code
left join newest as counties
    on
        length(newest.area_code) >= 6
        and substr(newest.area_code, 1, 6) = counties.area_code
left join successors on newest.area_code = successors.predecessor_code
