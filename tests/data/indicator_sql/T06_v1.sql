-- T06 version 1: 延期率 (computed)
-- numerator: ticket_extended, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_due and extensions_approved > 0))
from entities -- of fct_atom_step
group by period(day), place, variant
-- denominator: ticket_due, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_due))
from entities -- of fct_atom_step
group by period(day), place, variant
-- n: ticket_due, by the own day of each step
select count(*) filter (where source = 'hotline.ticket' and (is_received and is_due))
from entities -- of fct_atom_step
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
