-- M10a version 1: 家庭矛盾评估覆盖率 (imported)
-- numerator: households_assessed, by period_on of each record
select coalesce(sum(numerator) filter (where source = 'department.record' and (measure_code = 'households_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- denominator: households_assessed_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'households_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- n: households_assessed_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'households_assessed')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- value: numerator / denominator
-- each quarter, each year; down to city; final after 30 days
-- n under k = 20 is withheld, its complement too; needs nothing of the city; in force since 2020-01-01
