-- T03c version 1: 按期办结率（到期口径） (computed)
-- numerator: case_fell_due_on_time, by due_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and is_on_time and due_at_utc <= as_of_utc))
from entities -- of fct_atom_case
group by period(due_on), place, variant
-- denominator: case_falling_due, by due_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and due_at_utc <= as_of_utc))
from entities -- of fct_atom_case
group by period(due_on), place, variant
-- n: case_falling_due, by due_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and due_at_utc <= as_of_utc))
from entities -- of fct_atom_case
group by period(due_on), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
