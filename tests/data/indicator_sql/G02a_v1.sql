-- G02a version 1: 每千户事件数 (computed)
-- numerator: incident_counted, by the own day of each incident
select count(*) filter (where (true))
from entities -- of fct_atom_incident
group by period(day), place, variant
-- denominator: grid_household, by the own day of each ground, last over time
select sum(households) filter (where (true))
from entities -- of fct_atom_ground
group by period(day), place, variant
-- n: incident_counted, by the own day of each incident
select count(*) filter (where (true))
from entities -- of fct_atom_incident
group by period(day), place, variant
-- value: numerator / denominator * 1000
-- each month; down to community; final after 35 days
-- n under k = of the city is withheld; needs grids; in force since 2020-01-01
