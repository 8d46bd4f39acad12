-- G01a version 2: 网格事件数 (computed)
-- numerator: incident_counted, by the own day of each incident
select count(*) filter (where (true))
from entities -- of fct_atom_incident
group by period(day), place, variant
-- n: incident_counted, by the own day of each incident
select count(*) filter (where (true))
from entities -- of fct_atom_incident
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to grid, by unit; final after 35 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
