-- T01b version 1: 派单及时率（一般） (computed)
-- numerator: ticket_normal_dispatched_in_time, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'normal' and is_dispatched_in_time))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- denominator: ticket_normal_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'normal'))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- n: ticket_normal_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_dispatched_at_utc is not null and urgency = 'normal'))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
