-- D11b version 1: 城管督办未处理数 (computed)
-- numerator: city_notice_open, by the own day of each notice
select count(*) filter (where source = 'department.case' and (answered_at_utc is null))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: city_notice_open, by the own day of each notice
select count(*) filter (where source = 'department.case' and (answered_at_utc is null))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street, by unit; final after 45 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
