-- 为保护隐私而隐去的数值有多少，原因是什么
-- How many values are withheld, and why
select
    city_name_zh as 城市,
    area_level as 区域层级,
    suppression_reason as 原因,
    count(*) as 单元数
from published.current_indicator_value
where suppressed
group by city_name_zh, area_level, suppression_reason
order by 城市, 区域层级, 原因;
