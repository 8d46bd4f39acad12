-- P09a version 1: 信访群众满意率 (computed)
-- numerator: matter_satisfied, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed' and satisfaction in ('very_satisfied', 'satisfied', 'basically_satisfied')))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: matter_rated, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed' and satisfaction <> ''))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: matter_rated, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and state = 'closed' and satisfaction <> ''))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
