-- S06 version 1: 主动评价率 (computed)
-- numerator: service_rated, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and rating <> ''))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- denominator: service_closed, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed'))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- n: service_closed, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed'))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 60 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
