-- The last line: what may never be frozen, whatever came before. Run as the owner; safe to run again.

alter table frozen.indicator_value drop constraint if exists suppressed_cell_holds_no_number;
alter table frozen.indicator_value add constraint suppressed_cell_holds_no_number check (
    case
        when suppressed
            then suppression_reason <> '' and num_nonnulls(numerator, denominator, n, value) = 0
        else suppression_reason = ''
    end
) not valid;

alter table frozen.grid_map drop constraint if exists suppressed_grid_holds_no_number;
alter table frozen.grid_map add constraint suppressed_grid_holds_no_number check (
    case when suppressed then num_nonnulls(incidents, cases) = 0 and map_value = -1 else map_value >= 0 end
) not valid;

alter table frozen.case_count drop constraint if exists suppressed_count_holds_no_number;
alter table frozen.case_count add constraint suppressed_count_holds_no_number check (
    case when suppressed then num_nonnulls(cases, completed, open, cancelled) = 0 else cases is not null end
) not valid;
