-- C06 version 1: 视频事件按期结案率 (computed)
-- numerator: video_case_on_time, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and state = 'closed' and is_on_time and channel = 'video'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: video_case_due, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and is_due and channel = 'video'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: video_case_due, by the own day of each case
select count(*) filter (where source = 'department.case' and (is_received and first_admitted_at_utc is not null and is_due and channel = 'video'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 45 days
-- n under k = of the city is withheld; needs limits; in force since 2020-01-01
