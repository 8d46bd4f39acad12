-- D08 version 1: 监督举报率 (computed)
-- numerator: city_case_public, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null and channel = 'public'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: city_case_registered, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: city_case_registered, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_counted and first_admitted_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
