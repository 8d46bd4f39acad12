-- T13 version 1: 超期未结存量 (computed)
-- numerator: case_overdue, by the own day of each overdue, last over time
select sum(1) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_overdue
group by period(day), place, variant
-- n: case_overdue, by the own day of each overdue, last over time
select sum(1) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_overdue
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
