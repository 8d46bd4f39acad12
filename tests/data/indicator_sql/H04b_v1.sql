-- H04b version 1: 等待时长中位数 (computed)
-- numerator: call_wait_spread, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered))
from entities -- of fct_atom_call
group by period(day), place, variant, cast(case when wait_seconds < 1 then 0 else floor(ln(wait_seconds) / ln(1.05)) + 1 end as integer)
-- n: call_timed, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered and wait_seconds is not null))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: the bucket in which the share of the spread's total passes 0.5, its middle, * 1
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
