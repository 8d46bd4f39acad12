-- T04a version 2: 办结率（应办结口径） (computed)
-- numerator: case_closed, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_due, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_due, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 90 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
