-- G06 version 1: 吹哨办结率 (computed)
-- numerator: whistle_due_closed, by the own day of each whistle
select count(*) filter (where source = 'grid.report' and (due_at_utc <= as_of_utc and state = 'closed'))
from entities -- of fct_atom_whistle
group by period(day), place, variant
-- denominator: whistle_due, by the own day of each whistle
select count(*) filter (where source = 'grid.report' and (due_at_utc <= as_of_utc))
from entities -- of fct_atom_whistle
group by period(day), place, variant
-- n: whistle_due, by the own day of each whistle
select count(*) filter (where source = 'grid.report' and (due_at_utc <= as_of_utc))
from entities -- of fct_atom_whistle
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 45 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
