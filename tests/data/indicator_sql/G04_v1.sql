-- G04 version 1: 上报转办率 (computed)
-- numerator: report_passed_on, by the own day of each report
select count(*) filter (where source = 'grid.report' and (is_counted and not is_self_handled and first_dispatched_at_utc is not null))
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
