-- G08a version 1: 隐患整改率 (computed)
-- numerator: hazard_rectified, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted and request_kind = 'hazard' and rectified_at_utc is not null))
from entities -- of fct_atom_report
group by period(day), place, variant
-- denominator: hazard_found, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted and request_kind = 'hazard'))
from entities -- of fct_atom_report
group by period(day), place, variant
-- n: hazard_found, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted and request_kind = 'hazard'))
from entities -- of fct_atom_report
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to community; final after 45 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
