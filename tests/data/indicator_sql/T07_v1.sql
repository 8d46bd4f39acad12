-- T07 version 1: 退单率 (computed)
-- numerator: ticket_sent_back, by the own day of each dispatch
select count(*) filter (where source = 'hotline.ticket' and (is_returned))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- denominator: ticket_sent, by the own day of each dispatch
select count(*) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- n: ticket_sent, by the own day of each dispatch
select count(*) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
