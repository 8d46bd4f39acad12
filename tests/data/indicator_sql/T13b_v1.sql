-- T13b version 1: 超期未结存量（8–15日） (computed)
-- numerator: case_overdue_b, by the own day of each overdue, last over time
select sum(case when overdue_days > 7 and overdue_days <= 15 then 1 else 0 end) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_overdue
group by period(day), place, variant
-- n: case_overdue_b, by the own day of each overdue, last over time
select sum(case when overdue_days > 7 and overdue_days <= 15 then 1 else 0 end) filter (where source = 'hotline.ticket' and (true))
from entities -- of fct_atom_overdue
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street; final after 50 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
