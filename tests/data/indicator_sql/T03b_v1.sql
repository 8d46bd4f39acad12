-- T03b version 1: 按期办结率（已办结口径） (computed)
-- numerator: case_on_time_then, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and is_on_time))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- denominator: case_timed_closed_then, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and is_on_time is not null))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- n: case_timed_closed_then, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and is_on_time is not null))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
