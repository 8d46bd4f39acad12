-- H04a version 1: 平均等待时长 (computed)
-- numerator: call_wait_seconds, by the own day of each call
select coalesce(sum(wait_seconds) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered)), 0)
from entities -- of fct_atom_call
group by period(day), place, variant
-- denominator: call_timed, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered and wait_seconds is not null))
from entities -- of fct_atom_call
group by period(day), place, variant
-- n: call_timed, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered and wait_seconds is not null))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: numerator / denominator * 1
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
