-- T10 version 1: 重复诉求率 (computed)
-- numerator: case_repeated, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted and is_duplicate))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_counted, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_counted, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
