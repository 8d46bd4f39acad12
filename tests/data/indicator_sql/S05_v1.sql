-- S05 version 1: 一件事按时办结率 (computed)
-- numerator: service_integrated_on_time, by the own day of each service
select count(*) filter (where source = 'department.service' and (is_received and is_integrated and state = 'closed' and is_on_time))
from entities -- of fct_atom_service
group by period(day), place, variant
-- denominator: service_integrated_due, by the own day of each service
select count(*) filter (where source = 'department.service' and (is_received and is_integrated and is_due))
from entities -- of fct_atom_service
group by period(day), place, variant
-- n: service_integrated_due, by the own day of each service
select count(*) filter (where source = 'department.service' and (is_received and is_integrated and is_due))
from entities -- of fct_atom_service
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 60 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
