-- P07a version 1: 重复信访率 (computed)
-- numerator: matter_repeated, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_counted and is_duplicate))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: matter_counted, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: matter_counted, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_counted))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 60 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
