-- D13 version 1: 有效上报率 (computed)
-- numerator: city_case_inspected_registered, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and channel = 'inspector' and first_admitted_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: city_case_inspected, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and channel = 'inspector'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: city_case_inspected, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and channel = 'inspector'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
