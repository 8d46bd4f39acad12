-- H01 version 1: 呼叫接通率 (computed)
-- numerator: call_answered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and is_answered))
from entities -- of fct_atom_call
group by period(day), place, variant
-- denominator: call_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and (is_answered or coalesce(wait_seconds, 5) >= 5)))
from entities -- of fct_atom_call
group by period(day), place, variant
-- n: call_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (coalesce(channel, '') <> 'text_chat' and (is_answered or coalesce(wait_seconds, 5) >= 5)))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
