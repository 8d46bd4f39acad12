-- T03d version 1: 按期办结率（来源期限口径） (computed)
-- numerator: case_declared_on_time, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and is_declared_on_time))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_declared_due, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_declared_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_declared_due, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_declared_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
