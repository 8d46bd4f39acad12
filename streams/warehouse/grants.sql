-- Least privilege: one login per job, each with what its job needs and no more.
-- Run as the owner, last; safe to run again.

revoke all on schema public from public;

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to cb_loader, cb_dbt, cb_publisher, cb_reader', current_database());
    execute format('grant create, temporary on database %I to cb_dbt', current_database());
    execute format('grant temporary on database %I to cb_publisher', current_database());
end
$$;

revoke all on schema raw, live, ops, frozen, published from public, cb_loader, cb_dbt, cb_publisher, cb_reader;
revoke all on all tables in schema raw, live, ops, frozen, published
from public, cb_loader, cb_dbt, cb_publisher, cb_reader;
revoke all on all functions in schema raw, live, ops, frozen, published
from public, cb_loader, cb_dbt, cb_publisher, cb_reader;
alter default privileges revoke execute on functions from public;

-- Loader: fills the event log, the reference tables and the ledger; can't write verdicts, runs or publications.
grant usage on schema raw, ops to cb_loader;
grant select, insert, update, delete, truncate on all tables in schema raw to cb_loader;
alter default privileges in schema raw grant select, insert, update, delete, truncate on tables to cb_loader;
grant select, insert, update, delete on all tables in schema ops to cb_loader;
grant execute on all functions in schema raw, ops to cb_loader;
revoke insert, update, delete on
ops.schema_version, ops.pipeline_run, ops.quality_result, ops.publication_content, ops.source_info, ops.rule_info,
ops.source_progress
from cb_loader;
revoke insert, update, delete on ops.dead_letter_history from cb_loader;

-- dbt: reads what landed, owns the hidden schemas wap_<run>; what it makes there, the publisher may read.
grant usage on schema raw, ops to cb_dbt;
grant select on all tables in schema raw, ops to cb_dbt;
alter default privileges in schema raw, ops grant select on tables to cb_dbt;

-- Publisher: appends to published and frozen, where it may end a row once (all else is refused to all by triggers), keeps
-- the run log.
grant usage on schema frozen, published, ops, raw to cb_publisher;
grant select on all tables in schema frozen, published to cb_publisher;
do $$
declare
    tables text;
begin
    select string_agg(format('%I.%I', schemaname, tablename), ', ') into strict tables
    from pg_tables
    where schemaname in ('frozen', 'published');
    execute format('grant insert on %s to cb_publisher', tables);
    select string_agg(format('%I.%I', schemaname, tablename), ', ') into strict tables
    from pg_tables
    where schemaname = 'frozen';
    execute format('grant update (until_publication_id) on %s to cb_publisher', tables);
end
$$;
grant select on all tables in schema ops to cb_publisher;
alter default privileges in schema ops grant select on tables to cb_publisher;
grant insert, update on ops.pipeline_run to cb_publisher;
grant insert, delete on ops.quality_result to cb_publisher;
grant insert on ops.publication_content to cb_publisher;

-- Reader: `citybrain sql` and Superset. The only doors out.
grant usage on schema published, live to cb_reader;
grant select on all tables in schema published, live to cb_reader;
alter default privileges in schema published, live grant select on tables to cb_reader;

-- Name resolution never leaves the room; a forgotten session can't hold a lock for ever.
alter role cb_loader set search_path = raw, ops, pg_catalog;
alter role cb_dbt set search_path = pg_catalog;
alter role cb_publisher set search_path = pg_catalog;
alter role cb_reader set search_path = published, live, pg_catalog;
alter role cb_reader set default_transaction_read_only = on;
alter role cb_reader set statement_timeout = '60s';
alter role cb_reader set lock_timeout = '10s';
alter role cb_reader set idle_in_transaction_session_timeout = '60s';
alter role cb_publisher set idle_in_transaction_session_timeout = '10min';
alter role cb_loader set timezone = 'UTC';
alter role cb_dbt set timezone = 'UTC';
alter role cb_publisher set timezone = 'UTC';
alter role cb_reader set timezone = 'UTC';
