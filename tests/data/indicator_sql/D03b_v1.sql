-- D03b version 1: 准确派遣率 (computed)
-- numerator: city_case_sent_right, by the own day of each dispatch
select count(*) filter (where source = 'department.case' and (not is_returned))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- denominator: city_case_sent, by the own day of each dispatch
select count(*) filter (where source = 'department.case' and (true))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- n: city_case_sent, by the own day of each dispatch
select count(*) filter (where source = 'department.case' and (true))
from entities -- of fct_atom_dispatch
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
