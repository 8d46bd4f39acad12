-- H09 version 1: 回访核实率 (computed)
-- numerator: case_called_back, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and callbacks_answered > 0))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- denominator: case_closed_then, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed'))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- n: case_closed_then, by closed_on of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed'))
from entities -- of fct_atom_case
group by period(closed_on), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs callbacks; in force since 2020-01-01
