-- C03 version 1: 事件准确率 (computed)
-- numerator: detection_confirmed, by the own day of each detection
select count(*) filter (where source = 'camera.detection' and (review_result = 'confirmed'))
from entities -- of fct_atom_detection
group by period(day), place, variant
-- denominator: detection_reviewed, by the own day of each detection
select count(*) filter (where source = 'camera.detection' and (review_result <> ''))
from entities -- of fct_atom_detection
group by period(day), place, variant
-- n: detection_reviewed, by the own day of each detection
select count(*) filter (where source = 'camera.detection' and (review_result <> ''))
from entities -- of fct_atom_detection
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 20 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
