-- D06 version 1: 按期结案率 (computed)
-- numerator: city_case_on_time, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and state = 'closed' and is_on_time))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: city_case_due, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: city_case_due, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and is_due))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 45 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
