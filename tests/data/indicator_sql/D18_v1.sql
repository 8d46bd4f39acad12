-- D18 version 1: 部件完好率 (computed)
-- numerator: part_intact, by the own day of each register, last over time
select sum(case when state = 'intact' then 1 else 0 end) filter (where source = 'department.record' and (record_kind = 'city_part'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- denominator: part_registered, by the own day of each register, last over time
select sum(1) filter (where source = 'department.record' and (record_kind = 'city_part'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- n: part_registered, by the own day of each register, last over time
select sum(1) filter (where source = 'department.record' and (record_kind = 'city_part'))
from entities -- of fct_atom_register
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
