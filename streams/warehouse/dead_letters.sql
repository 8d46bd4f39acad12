-- What became of each dead letter, one row per change; the letters themselves are in ops.sql.
-- Run as the owner, after ops.sql; safe to run again.

create table if not exists ops.dead_letter_history (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    at_utc timestamp not null,
    state text not null,
    state_reason text not null,
    replay_count integer not null
);
create index if not exists dead_letter_history_origin on ops.dead_letter_history (topic, partition, "offset", at_utc);
comment on table ops.dead_letter_history is
'死信经过：每次状态变化一行，只增不改。One row per change of a dead letter; written by a trigger alone, never altered.';
comment on column ops.dead_letter_history.state_reason is
'为何如此：入库、再次失败、放弃的原因等。Why: what a replay came to, or the reason it was dropped for.';

create index if not exists dead_letter_rule on ops.dead_letter (rule_id, event_source);

create or replace function ops.note_dead_letter() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into ops.dead_letter_history values (
        new.topic, new.partition, new."offset", new.state_at_utc, new.state, new.state_reason, new.replay_count
    );
    return null;
end
$$;

create or replace trigger note_history after insert or update of state, state_reason, replay_count
on ops.dead_letter for each row execute function ops.note_dead_letter();
