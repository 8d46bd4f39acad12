-- H10 version 1: 话务量 (computed)
-- numerator: contact_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (true))
from entities -- of fct_atom_call
group by period(day), place, variant
-- n: contact_offered, by the own day of each call
select count(*) filter (where source = 'hotline.call' and (true))
from entities -- of fct_atom_call
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to city; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
