-- G09 version 1: 网格规模达标率 (computed)
-- numerator: grid_urban_in_band, by the own day of each ground, last over time
select sum(case when grid_type = 'urban' and households between 200 and 300 then 1 else 0 end) filter (where (true))
from entities -- of fct_atom_ground
group by period(day), place, variant
-- denominator: grid_urban, by the own day of each ground, last over time
select sum(case when grid_type = 'urban' then 1 else 0 end) filter (where (true))
from entities -- of fct_atom_ground
group by period(day), place, variant
-- n: grid_urban, by the own day of each ground, last over time
select sum(case when grid_type = 'urban' then 1 else 0 end) filter (where (true))
from entities -- of fct_atom_ground
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = of the city is withheld; needs grids; in force since 2020-01-01
