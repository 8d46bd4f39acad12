-- C01 version 1: 设备在线率 (computed)
-- numerator: device_online_minutes, by the own day of each device_day
select coalesce(sum(online_minutes) filter (where source = 'camera.device' and (true)), 0)
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- denominator: device_window_minutes, by the own day of each device_day
select coalesce(sum(window_minutes) filter (where source = 'camera.device' and (true)), 0)
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- n: device_day_measured, by the own day of each device_day
select count(*) filter (where source = 'camera.device' and (window_minutes > 0))
from entities -- of fct_atom_device_day
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = 0 is withheld; needs nothing of the city; in force since 2020-01-01
