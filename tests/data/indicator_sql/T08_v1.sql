-- T08 version 1: 准确派单率 (computed)
-- numerator: case_dispatched_right, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and first_dispatched_at_utc is not null and returned_count = 0))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- denominator: case_dispatched_closed, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and first_dispatched_at_utc is not null))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- n: case_dispatched_closed, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and first_dispatched_at_utc is not null))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
