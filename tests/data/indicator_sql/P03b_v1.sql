-- P03b version 1: 信访按期办结率 (computed)
-- numerator: matter_on_time, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed' and is_on_time))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: matter_due, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: matter_due, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 120 days
-- n under k = 20 is withheld; needs limits; in force since 2020-01-01
