-- 各来源总量：受理、办结、在办、作废
-- Totals of each source; requests = completed + open + cancelled
select
    city_code as 城市,
    source as 来源,
    requests as 诉求,
    completed as 办结,
    open as 在办,
    cancelled as 作废,
    duplicates as 其中重复,
    information_only as 咨询_不计入诉求,
    first_event_at_utc,
    last_event_at_utc
from published.current_source_summary
order by city_code, source;
