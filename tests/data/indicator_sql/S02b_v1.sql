-- S02b version 1: 全程网办率（办件口径） (computed)
-- numerator: service_online, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and is_online_throughout))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- denominator: service_online_known, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and is_online_throughout is not null))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- n: service_online_known, by closed_on of each service
select count(*) filter (where source = 'department.service' and (is_counted and state = 'closed' and is_online_throughout is not null))
from entities -- of fct_atom_service
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 60 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
