-- D02 version 1: 按时立案率 (computed)
-- numerator: city_step_registered_in_time, by the own day of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null and is_admitted_in_time))
from entities -- of fct_atom_step
group by period(day), place, variant
-- denominator: city_step_registered, by the own day of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null))
from entities -- of fct_atom_step
group by period(day), place, variant
-- n: city_step_registered, by the own day of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null))
from entities -- of fct_atom_step
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
