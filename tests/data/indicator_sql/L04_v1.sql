-- L04 version 1: 任务完成率 (computed)
-- numerator: task_on_time, by due_on of each record
select count(*) filter (where source = 'department.record' and (record_kind = 'task' and parent_record_id <> '' and due_at_utc <= as_of_utc and completed_at_utc <= due_at_utc))
from entities -- of fct_atom_record
group by period(due_on), place, variant
-- denominator: task_due, by due_on of each record
select count(*) filter (where source = 'department.record' and (record_kind = 'task' and parent_record_id <> '' and due_at_utc <= as_of_utc))
from entities -- of fct_atom_record
group by period(due_on), place, variant
-- n: task_due, by due_on of each record
select count(*) filter (where source = 'department.record' and (record_kind = 'task' and parent_record_id <> '' and due_at_utc <= as_of_utc))
from entities -- of fct_atom_record
group by period(due_on), place, variant
-- value: numerator / denominator
-- each month; down to city, by unit; final after 15 days
-- n under k = 0 is withheld; needs nothing of the city; in force since 2020-01-01
