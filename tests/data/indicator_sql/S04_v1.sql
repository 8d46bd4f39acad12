-- S04 version 1: 审批提速率 (computed)
-- numerator: item_days_saved, by the own day of each register, last over time
select sum(denominator - numerator) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- denominator: item_statutory_days, by the own day of each register, last over time
select sum(denominator) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- n: item_listed, by the own day of each register, last over time
select sum(1) filter (where source = 'department.record' and (record_kind = 'service_item'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
