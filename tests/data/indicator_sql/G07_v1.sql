-- G07 version 1: 排查按期完成率 (computed)
-- numerator: inspection_on_time, by the own day of each inspection
select count(*) filter (where source = 'grid.report' and (is_on_time and due_at_utc <= as_of_utc))
from entities -- of fct_atom_inspection
group by period(day), place, variant
-- denominator: inspection_due, by the own day of each inspection
select count(*) filter (where source = 'grid.report' and (due_at_utc <= as_of_utc))
from entities -- of fct_atom_inspection
group by period(day), place, variant
-- n: inspection_due, by the own day of each inspection
select count(*) filter (where source = 'grid.report' and (due_at_utc <= as_of_utc))
from entities -- of fct_atom_inspection
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to community, by unit; final after 45 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
