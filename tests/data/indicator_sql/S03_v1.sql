-- S03 version 1: 最多跑一次率 (computed)
-- numerator: service_one_visit, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and visits <= 1))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- denominator: service_visits_known, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and visits is not null))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- n: service_visits_known, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and visits is not null))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 60 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
