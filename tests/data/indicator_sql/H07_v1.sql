-- H07 version 1: 直接答复率 (computed)
-- numerator: contact_settled, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (is_answered and is_settled_at_desk and not is_ticket_created))
from entities -- of fct_atom_call
group by period(day), place, variant
-- denominator: contact_answered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (is_answered))
from entities -- of fct_atom_call
group by period(day), place, variant
-- n: contact_answered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (is_answered))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
