-- C02 version 1: 图像质量合格率 (computed)
-- numerator: image_clear, by the own day of each device_day
select coalesce(sum(images_clear) filter (where source = 'camera.device' and (true)), 0)
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- denominator: image_checked, by the own day of each device_day
select coalesce(sum(images_checked) filter (where source = 'camera.device' and (true)), 0)
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- n: device_day_checked, by the own day of each device_day
select count(*) filter (where source = 'camera.device' and (images_checked > 0))
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = 0 is withheld; needs nothing of the city; in force since 2020-01-01
