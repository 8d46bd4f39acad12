-- P08 version 1: 参评率 (computed)
-- numerator: matter_rated, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed' and satisfaction <> ''))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: matter_closed, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: matter_closed, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
