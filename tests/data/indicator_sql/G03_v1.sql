-- G03 version 1: 网格自办率 (computed)
-- numerator: report_self_handled, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted and is_self_handled))
from entities -- of fct_atom_report
group by period(day), place, variant
-- denominator: report_counted, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted))
from entities -- of fct_atom_report
group by period(day), place, variant
-- n: report_counted, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted))
from entities -- of fct_atom_report
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to community; final after 45 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
