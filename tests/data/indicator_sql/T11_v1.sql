-- T11 version 1: 首派办结率 (computed)
-- numerator: ticket_first_unit_closed, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and dispatched_count = 1 and returned_count = 0))
from entities -- of fct_atom_step
group by period(day), place, variant
-- denominator: ticket_received, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received))
from entities -- of fct_atom_step
group by period(day), place, variant
-- n: ticket_received, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received))
from entities -- of fct_atom_step
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 90 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
