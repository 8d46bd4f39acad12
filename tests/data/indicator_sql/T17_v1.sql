-- T17 version 1: 闭环完成率 (computed)
-- numerator: ticket_looped, by closed_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and first_dispatched_at_utc >= received_at_utc and first_signed_at_utc >= first_dispatched_at_utc and first_rated_at_utc >= first_signed_at_utc))
from entities -- of fct_atom_step
group by period(closed_on), place, variant
-- denominator: ticket_closed_then, by closed_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed'))
from entities -- of fct_atom_step
group by period(closed_on), place, variant
-- n: ticket_closed_then, by closed_on of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed'))
from entities -- of fct_atom_step
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 50 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
