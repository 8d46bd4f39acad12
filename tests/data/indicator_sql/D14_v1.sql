-- D14 version 1: 漏报率 (computed)
-- numerator: reinspected_missed, by the own day of each record
select coalesce(sum(numerator) filter (where source = 'department.record' and (record_kind = 'reinspection_sample')), 0)
from entities -- of fct_atom_record
group by period(day), place, variant
-- denominator: reinspected_due, by the own day of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (record_kind = 'reinspection_sample')), 0)
from entities -- of fct_atom_record
group by period(day), place, variant
-- n: reinspected_due, by the own day of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (record_kind = 'reinspection_sample')), 0)
from entities -- of fct_atom_record
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 20 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
