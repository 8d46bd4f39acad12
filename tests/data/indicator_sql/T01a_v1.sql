-- T01a version 1: 派单及时率（紧急） (computed)
-- numerator: ticket_urgent_dispatched_in_time, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'urgent' and is_dispatched_in_time))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- denominator: ticket_urgent_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'urgent'))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- n: ticket_urgent_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'urgent'))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
