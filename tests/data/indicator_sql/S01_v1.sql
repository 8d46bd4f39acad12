-- S01 version 1: 网上可办率 (computed)
-- numerator: item_online, by the own day of each register, last over time
select sum(case when is_online_available then 1 else 0 end) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- denominator: item_listed, by the own day of each register, last over time
select sum(1) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- n: item_listed, by the own day of each register, last over time
select sum(1) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
