-- 承办单位在同类中的名次（最近一个月份）
-- Rank of each unit among its peers in the newest ranked month; ties share a rank
with newest as (
    select city_code, indicator_id, max(period_start) as period_start
    from published.current_ranking
    where member_type = 'unit' and period_type = 'month'
    group by city_code, indicator_id
)

select
    ranked.city_code as 城市,
    ranked.indicator_id as 指标,
    ranked.period_start as 月份,
    ranked.peer_group as 同类组,
    ranked.rank as 名次,
    ranked.members as 组内单位数,
    ranked.member_name_zh as 单位,
    ranked.value as 值
from published.current_ranking as ranked
inner join newest
    on
        ranked.city_code = newest.city_code and ranked.indicator_id = newest.indicator_id
        and ranked.period_start = newest.period_start
where ranked.member_type = 'unit' and ranked.period_type = 'month'
order by ranked.city_code, ranked.indicator_id, ranked.peer_group, ranked.rank;
