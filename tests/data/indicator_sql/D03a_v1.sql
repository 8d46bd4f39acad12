-- D03a version 1: 按时派遣率 (computed)
-- numerator: city_step_dispatched_in_time, by dispatched_on of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_dispatched_at_utc is not null and is_dispatched_in_time))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- denominator: city_step_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_dispatched_at_utc is not null))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- n: city_step_dispatched, by dispatched_on of each step
select count(*) filter (where source = 'department.case' and (is_counted and first_dispatched_at_utc is not null))
from entities -- of fct_atom_step
group by period(dispatched_on), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
