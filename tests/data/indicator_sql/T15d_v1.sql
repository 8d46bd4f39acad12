-- T15d version 1: 举报占比 (computed)
-- numerator: case_kind_report, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and request_kind = 'report'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_with_kind, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and request_kind in ('consult', 'help', 'complaint', 'report', 'suggestion')))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_with_kind, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and request_kind in ('consult', 'help', 'complaint', 'report', 'suggestion')))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
