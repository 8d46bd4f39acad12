-- D11a version 1: 城管督办数 (computed)
-- numerator: city_notice, by the own day of each notice
select count(*) filter (where source = 'department.case' and (true))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: city_notice, by the own day of each notice
select count(*) filter (where source = 'department.case' and (true))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
