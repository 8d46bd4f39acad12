-- M11 version 1: 稳评覆盖率 (imported)
-- numerator: decisions_risk_assessed, by period_on of each record
select coalesce(sum(numerator) filter (where source = 'department.record' and (measure_code = 'decisions_risk_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- denominator: decisions_risk_assessed_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'decisions_risk_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- n: decisions_risk_assessed_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'decisions_risk_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- value: numerator / denominator
-- each quarter, each year; down to city; final after 30 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
