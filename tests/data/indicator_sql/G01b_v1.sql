-- G01b version 1: 网格诉求量 (computed)
-- numerator: case_counted, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_counted, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to grid, by unit; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
