-- L07 version 1: 城市体征在线率 (computed)
-- numerator: sign_updated, by the own day of each sign, last over time
select sum(case when is_updated then 1 else 0 end) filter (where source = 'sign.observation' and (true))
from entities -- of fct_atom_sign
group by period(day), place, variant
-- denominator: sign_registered, by the own day of each sign, last over time
select sum(1) filter (where source = 'sign.observation' and (true))
from entities -- of fct_atom_sign
group by period(day), place, variant
-- n: sign_registered, by the own day of each sign, last over time
select sum(1) filter (where source = 'sign.observation' and (true))
from entities -- of fct_atom_sign
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 5 days
-- n under k = 0 is withheld; needs nothing of the city; in force since 2020-01-01
