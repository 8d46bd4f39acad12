-- R01a version 1: 响应率（系统口径） (computed)
-- numerator: ticket_contacted_in_time, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and is_contacted_in_time))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- denominator: ticket_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- n: ticket_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
