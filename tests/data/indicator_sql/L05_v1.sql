-- L05 version 1: 群众安全感满意度 (imported)
-- numerator: safety_satisfaction, by period_on of each record
select coalesce(sum(numerator) filter (where source = 'department.record' and (measure_code = 'safety_satisfaction')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- denominator: safety_satisfaction_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'safety_satisfaction')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- n: safety_satisfaction_of, by period_on of each record
select coalesce(sum(denominator) filter (where source = 'department.record' and (measure_code = 'safety_satisfaction')), 0)
from entities -- of fct_atom_record
group by period(period_on), place, variant
-- value: numerator / denominator
-- each half_year; down to city; final after 30 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
