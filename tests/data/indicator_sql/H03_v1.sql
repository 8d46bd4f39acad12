-- H03 version 1: 非语音3分钟响应率 (computed)
-- numerator: chat_answered_3min, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (channel = 'text_chat' and is_answered and wait_seconds <= 180))
from entities -- of fct_atom_call
group by period(day), place, variant
-- denominator: chat_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (channel = 'text_chat'))
from entities -- of fct_atom_call
group by period(day), place, variant
-- n: chat_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (channel = 'text_chat'))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
