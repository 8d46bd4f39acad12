-- 数据健康：各来源现在是否正常，为什么
-- Whether each source is well now, who answers for it, and what was rejected
select
    city_name_zh as 城市,
    source_name_zh as 来源,
    source_state_zh as 状态,
    owner_zh as 责任单位,
    landed as 落地,
    dead_lettered as 拒收,
    adapter_rejected as 接入拒收行,
    last_event_at_utc
from published.data_health
order by source_state_zh = '正常', city_code, source;
