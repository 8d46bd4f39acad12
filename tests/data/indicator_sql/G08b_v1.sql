-- G08b version 1: 隐患按时整改率 (computed)
-- numerator: hazard_on_time, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_received and request_kind = 'hazard' and state = 'closed' and is_on_time))
from entities -- of fct_atom_report
group by period(day), place, variant
-- denominator: hazard_due, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_received and request_kind = 'hazard' and is_due))
from entities -- of fct_atom_report
group by period(day), place, variant
-- n: hazard_due, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_received and request_kind = 'hazard' and is_due))
from entities -- of fct_atom_report
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to community; final after 45 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
