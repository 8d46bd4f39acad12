-- 实时态势：近一小时各来源事件数（未审核）
-- Events of the last hour by source and 5 minutes; provisional, small counts are hidden
select
    city_name_zh as 城市,
    source_name_zh as 来源,
    bucket_local as 时段_当地时间,
    sum(events) as 事件,
    count(*) filter (where suppressed) as 隐去的街镇
from live.event_5min
group by city_name_zh, source_name_zh, bucket_local
order by bucket_local desc, city_name_zh, source_name_zh
limit 200;
