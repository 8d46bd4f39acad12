-- D04a version 1: 处置率 (computed)
-- numerator: city_case_handled, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_dispatched_at_utc is not null and first_handled_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: city_case_to_handle, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_dispatched_at_utc is not null and (first_handled_at_utc is not null or is_due)))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: city_case_to_handle, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_dispatched_at_utc is not null and (first_handled_at_utc is not null or is_due)))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 45 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
