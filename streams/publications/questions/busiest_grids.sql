-- 最近一个月份事件最多的网格
-- Grids with the most incidents in the newest month; hidden ones have no figure
select
    city_code as 城市,
    street_name_zh as 街镇,
    community_name_zh as 社区,
    grid_name_zh as 网格,
    period_start as 月份,
    incidents as 事件,
    cases as 诉求,
    households as 户数
from published.current_grid_map
where is_latest_month and not suppressed
order by incidents desc nulls last, city_code, grid_code
limit 20;
